// SPDX-License-Identifier: Apache-2.0
// A plant behind http:// on this machine that answers, drips or hangs as it is told. Private to the
// module. Owns its thread; may be destroyed while requests hang.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/file/file.h"
#include "base/result/result.h"

namespace aiop::chaos {

class Service {
 public:
  // What to do with a request, given its body: the lines to answer with; none: never answer.
  using Answer = std::function<std::vector<std::string>(std::string_view body)>;

  static Result<std::unique_ptr<Service>> Start(Answer answer);
  ~Service();
  std::string Url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/run"; }

 private:
  Service(file::Descriptor listening, int port, Answer answer);
  void Serve();
  void Handle(file::Descriptor connection);

  file::Descriptor listening_;
  int port_ = 0;
  Answer answer_;
  std::vector<file::Descriptor> hanging_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace aiop::chaos
