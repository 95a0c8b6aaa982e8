// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/process/testing.h"
#include "control/plants/fixture.h"

namespace aiop::plants {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A service whose paths behave as they are called. Prints its port.
constexpr const char* kServer = R"(
import http.server, json, sys, threading
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *_): pass
    def chunk(self, text):
        data = text.encode()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data)); self.wfile.flush()
    def say(self, **message): self.chunk(json.dumps(message) + "\n")
    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        what = self.path[1:]
        if what == "error":
            self.send_response(503); self.send_header("Content-Length", "4"); self.end_headers()
            self.wfile.write(b"busy"); return
        if what == "redirect":
            self.send_response(302); self.send_header("Location", "/good")
            self.send_header("Content-Length", "0"); self.end_headers(); return
        self.send_response(200); self.send_header("Transfer-Encoding", "chunked"); self.end_headers()
        if what == "broken":
            self.say(checkpoint="one"); self.close_connection = True; return
        if what == "hang": self.say(checkpoint="one"); threading.Event().wait()
        if what == "flood":
            while True: self.chunk('{"usage": {"tokens": 1}}\n' * 10000)
        made = (request.get("state") or {"made": []})["made"]
        spec = request["appSpecRef"]
        if "no-such" in spec:
            self.say(event={"scope": "app", "signal_type": "error", "severity": "error",
                            "payload": {"details": spec}})
            self.say(result={"traceId": request["traceId"], "status": "failed"})
        elif what == "none": self.chunk("just log\n")
        else:
            for name in ["one", "two"]:
                if name in made: continue
                made.append(name)
                self.say(checkpoint=name, state={"made": made})
            self.say(usage={"tokens": len(made)})
            last = json.dumps({"result": {"traceId": request["traceId"], "status": "success"}})
            self.chunk(last[:9]); self.chunk(last[9:])
            if what == "after": self.chunk("\n"); threading.Event().wait()
        self.wfile.write(b"0\r\n\r\n")
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
print(server.server_port, flush=True)
server.serve_forever()
)";

class Service : public PlantTest {
 protected:
  void SetUp() override {
    PlantTest::SetUp();
    Write("server.py", kServer);
    auto server =
        process::Child::Start({.argv = {"python3", "-B", (folder_ / "server.py").string()},
                               .folder = folder_,
                               .environment = process::CleanEnvironment(folder_ / "home")});
    ASSERT_TRUE(server.has_value()) << server.error().message;
    server_ = *std::move(server);
    char byte = 0;
    while (read(server_->output(), &byte, 1) == 1 && byte != '\n') port_ += byte;
    execution_.request.work_dir = "";
    execution_.motor_folder = "";
  }
  void TearDown() override {
    server_.reset();
    PlantTest::TearDown();
  }

  Result<Outcome> Call(const std::string& path) {
    execution_.manifest.run.http = "http://127.0.0.1:" + port_ + "/" + path;
    return Execute(execution_, sink_);
  }

  std::unique_ptr<process::Child> server_;
  std::string port_;
};

TEST_F(Service, GivesItsMessagesAndState) {
  const auto outcome = Call("good");
  ASSERT_TRUE(outcome.has_value()) << outcome.error().message;
  EXPECT_EQ(outcome->ending, Ending::kResult) << outcome->details;
  EXPECT_EQ(outcome->details, "gave a result");
  EXPECT_THAT(sink_.order, ElementsAre("checkpoint one", "checkpoint two", "usage"));
  EXPECT_EQ(json::Text(sink_.states.at(0)), R"({"made":["one"]})");
}

TEST_F(Service, ResumesFromItsState) {
  execution_.request.run_mode = model::RunMode::kResume;
  execution_.request.checkpoint = "one";
  execution_.request.state = json::Object{{"made", json::Array{"one"}}};
  const auto outcome = Call("good");
  ASSERT_TRUE(outcome.has_value());
  EXPECT_THAT(sink_.checkpoints, ElementsAre("two"));
}

TEST_F(Service, Errors) {
  auto outcome = Call("error");
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->ending, Ending::kNotStarted);
  EXPECT_EQ(outcome->details, "the service answered with status 503");
  EXPECT_EQ(outcome->error_tail, "busy");

  outcome = Call("redirect");
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->details, "the service answered with status 302");
  EXPECT_THAT(sink_.order, IsEmpty());

  outcome = Call("none");
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->ending, Ending::kNoResult);
  EXPECT_THAT(sink_.Lines(Stream::kOutput), ElementsAre("just log"));

  outcome = Call("broken");
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->ending, Ending::kCrashed) << outcome->details;
  EXPECT_THAT(sink_.checkpoints, ElementsAre("one"));
}

TEST_F(Service, NobodyListens) {
  server_->Kill();
  ASSERT_TRUE(server_->Wait().has_value());
  const auto outcome = Call("good");
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->ending, Ending::kNotStarted);
  EXPECT_THAT(outcome->details, HasSubstr(port_));
}

TEST_F(Service, TimeoutAndStop) {
  execution_.timeout = Milliseconds(500);
  auto outcome = Call("hang");
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->ending, Ending::kTimeout);
  EXPECT_EQ(outcome->details, "no result within 500 ms");

  execution_.timeout = Milliseconds(60'000);
  std::atomic<bool> stop{false};
  execution_.stop = &stop;
  sink_.on_checkpoint = [&](const std::string&) {
    stop = true;
    return Status();
  };
  outcome = Call("hang");
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->ending, Ending::kStopped);
  EXPECT_LT(outcome->wall, Milliseconds(30'000));
}

TEST_F(Service, ResultThenHang) {
  const auto outcome = Call("after");
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->ending, Ending::kResult);
  EXPECT_THAT(outcome->details, HasSubstr("gave a result, then"));
}

TEST_F(Service, AnErrorOfTheSinkEndsIt) {
  sink_.fails_at = "checkpoint one";
  const auto outcome = Call("hang");
  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(outcome.error().code, Code::kCancelled);
}

TEST_F(Service, SaysTooMuch) {
  const auto outcome = Call("flood");
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->ending, Ending::kMisbehaved) << outcome->details;
}

TEST_F(Service, OneAttemptAtATime) {
  auto lock = file::Lock::Acquire(execution_.lock_file, 0);
  ASSERT_TRUE(lock.has_value());
  const auto outcome = Call("good");
  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(outcome.error().code, Code::kConflict);
}

TEST_F(Service, KeepsTheContract) {
  VerifyOptions options;
  options.manifest = execution_.manifest;
  options.manifest.run.http = "http://127.0.0.1:" + port_ + "/good";
  options.spec = folder_ / "spec.txt";
  options.scratch = folder_ / "scratch";
  options.home_folder = folder_ / "home";
  const auto clauses = Verify(options);
  ASSERT_TRUE(clauses.has_value()) << clauses.error().message;
  std::vector<std::string> passed;
  for (const auto& clause : *clauses) {
    EXPECT_NE(clause.state, Clause::State::kFailed) << clause.id << ": " << clause.details;
    if (clause.state == Clause::State::kPassed) passed.push_back(clause.id);
  }
  EXPECT_THAT(passed, testing::IsSupersetOf({"starts", "resume-continues", "request-read"}));
}

}  // namespace
}  // namespace aiop::plants
