// SPDX-License-Identifier: Apache-2.0
// Lines as servers, systems and devices write them: two of one statement, and two of two.
#include <gtest/gtest.h>

#include "core/fingerprint/fingerprint.h"

namespace aiop::fingerprint {
namespace {

struct Pair {
  std::string_view one;
  std::string_view other;
};

TEST(LineTemplate, LinesOfOneStatementShareIt) {
  const Pair pairs[] = {
      // Ids, addresses, lists of any length.
      {"Received block blk_-1608999687919862906 of size 91178 from /10.250.10.6",
       "Received block blk_12 of size 7 from /10.0.0.1"},
      {"ask 10.0.0.1:50010 to delete blk_1 blk_2 blk_3", "ask 10.0.0.2:50010 to delete blk_9"},
      {"Fan speeds ( 3552 3534 3375 )", "Fan speeds ( 3552 **** 3479 1 2 )"},
      {"request 550e8400-e29b-41d4-a716-446655440000 done", "request 7 done"},
      {"mac 00:11:43:e3:ba:c3 via eth1", "mac fa:16:3e:aa:bb:cc via eth0"},
      // Sizes and times with their units, spans under one.
      {"stored as values in memory (estimated size 384.0 B, free 317.5 KB)",
       "stored as values in memory (estimated size 2.1 MB, free 1.0 GB)"},
      {"took 12 ms", "took 3 s"},
      {"took 12ms", "took 3.5s"},
      {"expired at Sat Jun 18 02:08:12 2005", "expired at Mon Nov 2 12:00:00 2026"},
      // Keys and values, also empty ones, with blanks, and of several words.
      {"failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=host.example.org user=root",
       "failure; logname=ann uid=5 euid=0 tty=NODEVssh ruser=ben rhost=10.0.0.1 user=guest"},
      {"startingMoved = false, count = 3", "startingMoved =  true, count = 12"},
      {"acquire lock=233570404, flags=0x1, tag=\"View Lock\", ws=null, uid=1000",
       "acquire lock=1, flags=0x0, tag=\"RILJ_ACK\", ws=WorkSource{10113}, uid=7"},
      {"finished:false left:3", "finished:true left:0"},
      {"onExtend:1514038530000 14 0 4", "onExtend:0 1"},
      {"action:android.intent.action.SCREEN_ON", "action:android.intent.action.TIME_TICK"},
      // Records, calls, empty brackets.
      {"Skipping AppWindowToken{df0798e token=Token{78af589 u0 a.b/.C t761}} -- going to hide",
       "Skipping AppWindowToken{1 token=Token{}} -- going to hide"},
      {"connection from 10.0.0.1 (host.example.org) at 12:00",
       "connection from 10.0.0.2 () at 1:1"},
      {"WWEN[enabled] seen", "WWEN[disabled] seen"},
      {"Set(yarn, ann) is used", "Set(root) is used"},
      {"headers {\"a\": 1, \"b\": [2]}", "headers {\"c\": \"x\"}"},
      {"PSU status ( on )", "PSU status ( 0 )"},
      // Names behind words that announce them.
      {"Failed password for root from 10.0.0.1 port 22", "Failed password for ann from ::1 port 3"},
      {"session opened for user news by (uid=0)", "session opened for user ann by (uid=1000)"},
      {"Task Transitioned from NEW to SCHEDULED", "Task Transitioned from RUNNING to KILL_WAIT"},
      {"mapred.tip.id is deprecated. Use mapreduce.task.id",
       "mapred.job.local.dir is deprecated. Use x.y.z"},
      {"open through proxy proxy.example.org:5070", "open through proxy 10.1.1.1:80"},
      // Places.
      {"chdir(/p/gb1/ann/2183) failed: No such file or directory",
       "chdir(/home/ben) failed: No such file or directory"},
      {"Loaded Core: C:\\Windows\\winsxs\\cbscore.dll", "Loaded Core: D:\\x\\y.dll"},
      {"GET https://example.org/a?b=c;d took 1", "GET http://example.org took 7"},
      {"Saved report.db", "Saved other.sqlite"},
      {"mail to ann@example.org sent", "mail to ben@other.example sent"},
  };
  for (const Pair& pair : pairs) EXPECT_EQ(LineTemplate(pair.one), LineTemplate(pair.other));
}

TEST(LineTemplate, StatementsStayApart) {
  const Pair pairs[] = {
      {"onStandStepChanged 3579", "onReceive 3579"},
      {"onExtend:15 14", "onReceive:15 14"},
      {"error TS2304: x", "error TS2300: x"},
      {"PacketResponder 1 terminating", "PacketResponder 1 starting"},
      {"job 3 failed", "job 3 finished"},
      {"a ENOENT b", "a EACCES b"},
      {"java.io.IOException: x", "java.io.EOFException: x"},
      {"After Scheduling: a:1 b:2", "Before Scheduling: a:1 b:2"},
      {"\"GET /v2/servers HTTP/1.1\" status: 200", "\"POST /v2/servers HTTP/1.1\" status: 200"},
      {"read_config: done", "write_config: done"},
      {"x=1", "y=1"},
  };
  for (const Pair& pair : pairs)
    EXPECT_NE(LineTemplate(pair.one), LineTemplate(pair.other)) << LineTemplate(pair.one);
}

TEST(LineTemplate, ReadsAsASentence) {
  EXPECT_EQ(LineTemplate("a.ts(1,2): error TS2304: Cannot find name 'Pet'."),
            "<*>(<*>): error TS2304: Cannot find name '<*>'.");
  EXPECT_EQ(LineTemplate("Received 3 file(s), it can't be more"),
            "Received <*> file(s), it can't be more");
  EXPECT_EQ(LineTemplate("\x1b[31muid=0  rhost=\x1b[0m"), "uid=<*> rhost=<*>");
}

}  // namespace
}  // namespace aiop::fingerprint
