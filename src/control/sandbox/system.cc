// SPDX-License-Identifier: Apache-2.0
//
// What of the host every sandbox shows.
#include <algorithm>
#include <array>
#include <initializer_list>
#include <string_view>

#include "control/sandbox/abilities.h"

namespace aiop::sandbox {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kHostname = "sandbox";

// Links into /usr on most systems, folders of their own on others.
constexpr std::array<std::string_view, 6> kRootFolders = {"/bin",   "/sbin",  "/lib",
                                                          "/lib32", "/lib64", "/libx32"};

// No configuration of the machine, no keys: only what programs need to start, to name users and to
// check certificates.
constexpr std::array<std::string_view, 24> kEtc = {"alternatives",
                                                   "ca-certificates",
                                                   "ca-certificates.conf",
                                                   "crypto-policies",
                                                   "fonts",
                                                   "group",
                                                   "ld.so.cache",
                                                   "ld.so.conf",
                                                   "ld.so.conf.d",
                                                   "localtime",
                                                   "magic",
                                                   "magic.mime",
                                                   "mime.types",
                                                   "nsswitch.conf",
                                                   "passwd",
                                                   "pki/ca-trust",
                                                   "pki/tls/cert.pem",
                                                   "pki/tls/certs",
                                                   "pki/tls/openssl.cnf",
                                                   "protocols",
                                                   "services",
                                                   "ssl/cert.pem",
                                                   "ssl/certs",
                                                   "ssl/openssl.cnf"};
constexpr std::array<std::string_view, 4> kEtcForNetwork = {"gai.conf", "host.conf", "hosts",
                                                            "resolv.conf"};
// Language runtimes that keep part of themselves there.
constexpr std::array<std::string_view, 5> kEtcPrefixes = {"java", "perl", "php", "python", "ruby"};

void Append(std::vector<std::string>& arguments, std::initializer_list<std::string_view> more) {
  arguments.insert(arguments.end(), more.begin(), more.end());
}

void ShowRootFolders(std::vector<std::string>& arguments) {
  Append(arguments, {"--ro-bind", "/usr", "/usr"});
  for (const std::string_view folder : kRootFolders) {
    std::error_code error;
    if (fs::is_symlink(folder, error)) {
      Append(arguments, {"--symlink", fs::read_symlink(folder, error).native(), folder});
    } else if (fs::is_directory(folder, error)) {
      Append(arguments, {"--ro-bind", folder, folder});
    }
  }
}

void ShowEtc(std::vector<std::string>& arguments, bool network) {
  const auto show = [&](std::string_view name) {
    const std::string path = (fs::path("/etc") / name).string();
    Append(arguments, {"--ro-bind-try", path, path});
  };
  std::ranges::for_each(kEtc, show);
  if (network) std::ranges::for_each(kEtcForNetwork, show);
  std::error_code error;
  for (fs::directory_iterator entry("/etc", error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (std::ranges::any_of(kEtcPrefixes, [&](auto prefix) { return name.starts_with(prefix); })) {
      show(name);
    }
  }
}

void MakeTemporary(std::vector<std::string>& arguments, const Abilities& abilities,
                   std::string_view path, uint64_t bytes) {
  if (abilities.sized_tmpfs) Append(arguments, {"--size", std::to_string(bytes)});
  Append(arguments, {"--tmpfs", path});
}

}  // namespace

std::vector<std::string> SystemArguments(const Abilities& abilities, bool network,
                                         uint64_t temporary_bytes) {
  std::vector<std::string> arguments{"--unshare-ipc", "--unshare-pid", "--unshare-uts",
                                     "--unshare-cgroup-try"};
  if (!network) Append(arguments, {"--unshare-net"});
  if (abilities.user_namespace) Append(arguments, {"--unshare-user"});
  if (abilities.ends_user_namespaces) Append(arguments, {"--disable-userns"});
  Append(arguments, {"--die-with-parent", "--cap-drop", "ALL", "--hostname", kHostname});
  ShowRootFolders(arguments);
  ShowEtc(arguments, network);
  if (abilities.proc) {
    Append(arguments, {"--proc", "/proc"});
  } else {
    MakeTemporary(arguments, abilities, "/proc", temporary_bytes);
  }
  Append(arguments, {"--dev", "/dev"});
  for (const std::string_view folder : {"/dev/shm", "/tmp", "/var/tmp"}) {
    MakeTemporary(arguments, abilities, folder, temporary_bytes);
  }
  Append(arguments, {"--dir", "/run"});
  return arguments;
}

std::vector<std::string> SealingArguments() {
  return {"--remount-ro", "/dev", "--remount-ro", "/"};
}

bool IsWithin(const fs::path& path, const fs::path& folder) {
  const fs::path relative = path.lexically_normal().lexically_relative(folder.lexically_normal());
  return !relative.empty() && *relative.begin() != "..";
}

bool IsSystemPath(const fs::path& path) {
  if (IsWithin(path, "/usr")) return true;
  return std::ranges::any_of(kRootFolders, [&](auto folder) { return IsWithin(path, folder); });
}

}  // namespace aiop::sandbox
