// SPDX-License-Identifier: Apache-2.0
export const words = (text) => text.split(/\s+/).filter(Boolean);
