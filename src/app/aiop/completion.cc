// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "app/aiop/definition.h"
#include "app/aiop/manual.h"

namespace aiop::app {
namespace {

std::string Quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

bool TakesFile(Kind kind) {
  return kind == Kind::kFile || kind == Kind::kFolder || kind == Kind::kRepository;
}

// The words that can follow a path: commands below it, and its options.
std::string WordsAfter(std::string_view path) {
  std::string words;
  for (const Command* each : Below(path)) words += std::string(LastWord(each->path)) + " ";
  if (const Command* command = FindCommand(path)) {
    for (const Option& each : command->options) words += std::string(each.name) + " ";
  }
  for (const Option& each : GlobalOptions()) words += std::string(each.name) + " ";
  words.pop_back();
  return words;
}

// Shared by bash and zsh: which words follow which command, and what options take.
std::string Tables() {
  std::string text =
      "_aiop_words() {\n  case \"$1\" in\n    '') echo " + Quoted(WordsAfter("")) + " ;;\n";
  for (const Command& each : Commands()) {
    text += "    " + Quoted(each.path) + ") echo " + Quoted(WordsAfter(each.path)) + " ;;\n";
  }
  text += "  esac\n}\n_aiop_values() {\n  case \"$1 $2\" in\n";
  for (const Command& command : Commands()) {
    for (const Option& each : command.options) {
      if (each.choices.empty()) continue;
      std::string words;
      for (const auto choice : each.choices) words += std::string(choice) + " ";
      words.pop_back();
      text += "    " + Quoted(std::string(command.path) + " " + std::string(each.name)) +
              ") echo " + Quoted(words) + " ;;\n";
    }
  }
  text += "    'completion completion') echo 'bash zsh fish' ;;\n  esac\n  case \"$2\" in\n";
  std::vector<std::string_view> names;
  std::vector<std::string_view> files;
  const auto sort = [&](const Option& each) {
    if (each.kind == Kind::kFlag || !each.choices.empty()) return;
    auto& list = TakesFile(each.kind) ? files : names;
    if (std::find(list.begin(), list.end(), each.name) == list.end()) list.push_back(each.name);
  };
  for (const Option& each : GlobalOptions()) sort(each);
  for (const Command& command : Commands()) {
    for (const Option& each : command.options) sort(each);
  }
  const auto joined = [](const std::vector<std::string_view>& list) {
    std::string all;
    for (const auto each : list) all += (all.empty() ? "" : "|") + std::string(each);
    return all;
  };
  text += "    --plant) _aiop_names plant ;;\n    --app) _aiop_names app ;;\n    " + joined(files) +
          ") echo '<file>' ;;\n    " + joined(names) + ") echo '<word>' ;;\n  esac\n}\n";
  text +=
      "_aiop_names() {\n"
      "  aiop --quiet --json \"$1\" ls 2>/dev/null |\n"
      "    sed -n 's/^      \"name\": \"\\(.*\\)\",\\{0,1\\}$/\\1/p'\n"
      "}\n"
      "# The command that the words name so far.\n"
      "_aiop_path() {\n"
      "  local chosen='' word\n"
      "  for word in \"$@\"; do\n"
      "    case \" $(_aiop_words \"$chosen\") \" in\n"
      "      *\" $word \"*) case \"$word\" in -*) ;; *) chosen=\"${chosen:+$chosen }$word\" ;; "
      "esac ;;\n"
      "    esac\n"
      "  done\n"
      "  echo \"$chosen\"\n"
      "}\n";
  return text;
}

std::string Bash() {
  return "# bash completion of aiop; made by 'aiop completion bash'\n" + Tables() +
         "_aiop() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} chosen "
         "values\n"
         "  chosen=$(_aiop_path \"${COMP_WORDS[@]:1:COMP_CWORD-1}\")\n"
         "  values=$(_aiop_values \"$chosen\" \"$previous\")\n"
         "  case \"$values\" in\n"
         "    '<file>') compopt -o default; COMPREPLY=() ;;\n"
         "    '<word>') COMPREPLY=() ;;\n"
         "    '') mapfile -t COMPREPLY < <(compgen -W \"$(_aiop_words \"$chosen\")\" -- "
         "\"$current\")\n"
         "        [[ ${#COMPREPLY[@]} != 0 ]] || compopt -o default ;;\n"
         "    *) mapfile -t COMPREPLY < <(compgen -W \"$values\" -- \"$current\") ;;\n"
         "  esac\n"
         "}\n"
         "complete -F _aiop aiop\n";
}

std::string Zsh() {
  return "#compdef aiop\n# zsh completion of aiop; made by 'aiop completion zsh'\n" + Tables() +
         "_aiop() {\n"
         "  local command_path values\n"
         "  command_path=$(_aiop_path \"${(@)words[2,CURRENT-1]}\")\n"
         "  values=$(_aiop_values \"$command_path\" \"${words[CURRENT-1]}\")\n"
         "  case \"$values\" in\n"
         "    '<file>') _files ;;\n"
         "    '<word>') ;;\n"
         "    '') compadd -- ${=$(_aiop_words \"$command_path\")} || _files ;;\n"
         "    *) compadd -- ${=values} ;;\n"
         "  esac\n"
         "}\n"
         "compdef _aiop aiop\n";
}

std::string Fish() {
  std::string text =
      "# fish completion of aiop; made by 'aiop completion fish'\n"
      "function __aiop_at\n"
      "  set -l path (string join ' ' (string match -v -- '-*' (commandline -opc)[2..-1]))\n"
      "  test \"$path\" = \"$argv[1]\"\n"
      "  or string match -q -- \"$argv[1] *\" \"$path\"\n"
      "end\n"
      "function __aiop_exactly\n"
      "  set -l path (string join ' ' (string match -v -- '-*' (commandline -opc)[2..-1]))\n"
      "  test \"$path\" = \"$argv[1]\"\n"
      "end\n"
      "complete -c aiop -f\n";
  const auto option = [&](const Option& each, const std::string& condition) {
    text += "complete -c aiop" + condition + " -l " + std::string(each.name.substr(2)) + " -d " +
            Quoted(each.help);
    if (each.kind != Kind::kFlag) text += TakesFile(each.kind) ? " -r -F" : " -x";
    if (!each.choices.empty()) {
      std::string words;
      for (const auto choice : each.choices) words += std::string(choice) + " ";
      text += " -a " + Quoted(words);
    }
    text += "\n";
  };
  for (const Option& each : GlobalOptions()) option(each, "");
  for (const Command& each : Commands()) {
    text += "complete -c aiop -n " +
            Quoted("__aiop_exactly '" + std::string(Group(each.path)) + "'") + " -a " +
            Quoted(LastWord(each.path)) + " -d " + Quoted(each.summary) + "\n";
    for (const Option& each_option : each.options) {
      option(each_option, " -n " + Quoted("__aiop_at '" + std::string(each.path) + "'"));
    }
  }
  return text + "complete -c aiop -n " + Quoted("__aiop_exactly 'completion'") +
         " -a 'bash zsh fish'\n";
}

}  // namespace

Result<std::string> CompletionScript(std::string_view shell) {
  if (shell == "bash") return Bash();
  if (shell == "zsh") return Zsh();
  if (shell == "fish") return Fish();
  return Invalid("there are completions for bash, zsh and fish, not for '" + std::string(shell) +
                 "'");
}

}  // namespace aiop::app
