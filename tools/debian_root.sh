#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs a command on a fresh Debian: a new root folder with nothing but bash, git and apt, and this checkout in it.
#
# Usage: tools/debian_root.sh [--keep] [--reuse] [--uncommitted] [--dir DIR] COMMAND [ARGUMENT...]
#   tools/debian_root.sh ./do test
#   tools/debian_root.sh --keep --dir /var/tmp/root ./do demo     # then look around: --reuse --dir /var/tmp/root bash
#
#   --dir DIR      where the root goes (default: a new folder under $TMPDIR or /var/tmp, removed at the end)
#   --keep         leaves DIR there
#   --reuse        goes on in the DIR that an earlier --keep left, instead of making a new one; the checkout is made anew
#   --uncommitted  takes the work tree as it is, instead of a clone of HEAD
#
# Needs root. Suite, mirror, proxy and TLS settings are those apt has on this machine (the suite of this machine: run it
# on Debian 12 to test Debian 12); certificates that this machine trusts beyond Debian's own are trusted inside too. The
# command is entered by pivot_root in namespaces of its own, not by chroot, so that bubblewrap works inside; processes it
# leaves behind end with it. The network is this machine's.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
fail() { printf 'debian_root: %s\n' "$*" >&2 && exit 4; }
usage() { sed -n '/^# Usage/,/^# Needs/p' "${BASH_SOURCE[0]}" | sed '$d; s/^# \{0,1\}//' >&2; exit 2; }

keep='' reuse='' uncommitted='' dir=''
while [[ ${1:-} == --* ]]; do
  case $1 in
    --keep) keep=1 ;;
    --reuse) reuse=1 keep=1 ;;
    --uncommitted) uncommitted=1 ;;
    --dir) [[ -n ${2:-} ]] || usage; dir=$2; shift ;;
    *) usage ;;
  esac
  shift
done
[[ $# != 0 ]] || usage
[[ $(id -u) == 0 ]] || fail "making a root folder takes root. Remedy: sudo $0 ..."
[[ -z $reuse || -d $dir/etc ]] || fail "--reuse needs the --dir that an earlier --keep left"

# The settings of this machine that reach its package sources, and only those: no credentials.
apt_settings() { apt-config dump | grep -E '^(Acquire::(http|https|ftp|Retries|Check-|ForceIPv|PDiffs)|APT::Default-Release)' || true; }

make_root() {
  local suite
  suite=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  [[ $(. /etc/os-release && echo "$ID") == debian && -n $suite ]] || fail "this machine is no Debian: its sources cannot make one"
  [[ $suite == bookworm ]] || echo "debian_root: this machine is $suite, not Debian 12: the root will be too" >&2
  command -v mmdebstrap >/dev/null || { apt-get -q update && apt-get install -y -q --no-install-recommends mmdebstrap; } >&2
  local -a sources=()
  local file
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
    grep -qsE "^[^#]*\b$suite\b" "$file" && sources+=("$file")
  done
  [[ ${#sources[@]} != 0 ]] || fail "no source for $suite is set up in /etc/apt"
  apt_settings >"$scratch/apt.conf"
  mmdebstrap --quiet --mode=root --variant=apt --include=git,ca-certificates,mount --aptopt="$scratch/apt.conf" \
    "$suite" "$dir" "${sources[@]}" >&2
}

# What this machine trusts and the new root does not: usually nothing, behind a private CA its certificates.
add_certificates() {
  local bundle=${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt} to=$dir/usr/local/share/ca-certificates
  [[ -r $bundle ]] || return 0
  mkdir -p "$to"
  awk -v to="$to" '
    function finish() { if (!(text in known) && mine) { file = sprintf("%s/host-%03d.crt", to, ++count); printf "%s", text > file; close(file) } else known[text] = 1 }
    FNR == 1 { mine = (NR != FNR) }
    /-----BEGIN CERTIFICATE-----/ { text = ""; inside = 1 }
    inside { text = text $0 "\n" }
    /-----END CERTIFICATE-----/ { inside = 0; finish() }
  ' "$dir/etc/ssl/certs/ca-certificates.crt" "$bundle"
  chroot "$dir" update-ca-certificates >/dev/null 2>&1
}

copy_checkout() {
  rm -rf "$dir/root/checkout"
  git clone --quiet --no-hardlinks "$here" "$dir/root/checkout"
  git -C "$dir/root/checkout" remote remove origin
  if [[ -n $uncommitted ]]; then
    git -C "$here" ls-files -z --deleted | (cd "$dir/root/checkout" && xargs -0 -r rm -f --)
    (cd "$here" && git ls-files -coz --exclude-standard | while IFS= read -r -d '' file; do
      [[ ! -e $file ]] || printf '%s\0' "$file"
    done | tar --create --no-recursion --null --files-from=-) | tar --extract -C "$dir/root/checkout" --no-same-owner
  fi
}

# Runs "$@" inside, in mount, process and IPC namespaces of its own.
enter() {
  local -a environment=(HOME=/root "TERM=${TERM:-dumb}" LANG=C.UTF-8
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin)
  local name
  for name in SSL_CERT_FILE SSL_CERT_DIR CURL_CA_BUNDLE GIT_SSL_CAINFO NODE_EXTRA_CA_CERTS REQUESTS_CA_BUNDLE; do
    [[ -z ${!name:-} ]] || environment+=("$name=${!name}")
  done
  for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY npm_config_registry npm_config_cafile \
    CI JOBS DEBIAN_FRONTEND AIOP_SOAK_MINUTES; do
    [[ -z ${!name:-} ]] || environment+=("$name=${!name}")
  done
  if [[ -z ${npm_config_registry:-} ]] && command -v npm >/dev/null; then
    environment+=("npm_config_registry=$(npm config get registry 2>/dev/null)")
  fi
  unshare --mount --pid --ipc --fork --kill-child --propagation private bash -euc '
    new=$1
    shift
    mount --bind "$new" "$new"
    mount --rbind /dev "$new/dev"
    mount --rbind /sys "$new/sys"
    mount -t proc proc "$new/proc"
    mount -t tmpfs tmpfs "$new/run"
    cd "$new"
    mkdir -p .old_root
    pivot_root . .old_root
    cd /root/checkout
    umount -l /.old_root
    exec env -i "$@"
  ' bash "$dir" "${environment[@]}" "${command_line[@]}"
}

command_line=("$@")
scratch=$(mktemp -d)
if [[ -z $dir ]]; then
  dir=$(mktemp -d "${TMPDIR:-/var/tmp}/debian-root.XXXXXX")
elif [[ -z $reuse ]]; then
  [[ ! -e $dir || -z $(ls -A "$dir") ]] || fail "$dir is there already. Remedy: remove it, or say --reuse"
  mkdir -p "$dir"
fi
dir=$(cd "$dir" && pwd)
finish() {
  local status=$?
  rm -rf "$scratch"
  if [[ -n $keep ]]; then echo "debian_root: kept $dir" >&2; else rm -rf --one-file-system "$dir"; fi
  exit "$status"
}
trap finish EXIT

[[ -n $reuse ]] || make_root
add_certificates
cp -L /etc/resolv.conf "$dir/etc/resolv.conf"
apt_settings >"$dir/etc/apt/apt.conf.d/99host"
copy_checkout
enter
