// SPDX-License-Identifier: Apache-2.0
// The commands about webhooks that come in.
#include "app/aiop/commands.h"
#include "app/aiop/parts.h"

namespace aiop::app {

std::vector<Command> HookCommands() {
  return {
      {.path = "hook",
       .summary = "Webhooks that come in: a forge says that a motor's source changed",
       .details = "",
       .examples = {"aiop hook ls"}},
      {.path = "hook add",
       .summary = "Make a hook known, with the secret its deliveries are signed with",
       .details = "The secret is kept in the home, for its owner's eyes only, and never shown. "
                  "docs/forges.md says what each kind has to send.",
       .arguments = {Id("NAME", "What the hook is called from now on.")},
       .options = {Required(Text("--plant", "P", "The plant whose motor it is about.")),
                   Required(OneOf(Text("--kind", "KIND", "Who sends it."),
                                  {"github", "gitea", "gitlab", "generic"})),
                   Required(Of(Kind::kFile, Text("--secret-file", "FILE",
                                                 "The secret ('-': standard input).")))},
       .examples = {"aiop hook add motors --plant clients --kind github --secret-file secret.txt"},
       .handler = HookAdd,
       .least = model::Role::kAdmin},
      {.path = "hook ls",
       .summary = "List the hooks",
       .details = "",
       .examples = {"aiop hook ls"},
       .handler = HookList},
      {.path = "hook rm",
       .summary = "Forget a hook and its secret",
       .details = "Nothing that is sent to it is taken any more.",
       .arguments = {Id("NAME", "The hook.")},
       .examples = {"aiop hook rm motors"},
       .handler = HookRemove,
       .least = model::Role::kAdmin},
      {.path = "hook receive",
       .summary = "Take a delivery of a webhook",
       .details = "What receives HTTP hands over the headers and the body as they came. A delivery "
                  "that is not signed with the secret, is stale, or was taken before is refused "
                  "with 5. For pushes and pull requests the motor's source is read again; runs "
                  "that wait for a fix try what is there at the next `aiop run`, or at once.",
       .arguments = {Id("NAME", "The hook."),
                     {.name = "BODY",
                      .help = "File with the body as it came; '-' (default): standard input.",
                      .count = Count::kOptional,
                      .kind = Kind::kFile}},
       .options = {Repeated(Text("--header", "'NAME: VALUE'", "A header; may be repeated.")),
                   Flag("--go", "Go on at once with the runs that wait for a fix."), Jobs(),
                   PolicyFile()},
       .examples = {"aiop hook receive motors --header 'X-GitHub-Event: push' --header "
                    "'X-GitHub-Delivery: 72d3162e' --header 'X-Hub-Signature-256: sha256=...' "
                    "body.json"},
       .handler = HookReceive},
  };
}

}  // namespace aiop::app
