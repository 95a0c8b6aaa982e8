// SPDX-License-Identifier: Apache-2.0
// The commands' handlers; each is described in the table of commands.cc.
#pragma once

#include "app/aiop/session.h"
#include "base/result/result.h"

namespace aiop::app {

Result<int> Init(Session&);
Result<int> Help(Session&);
Result<int> Completion(Session&);
Result<int> Man(Session&);
Result<int> ShowPolicy(Session&);
Result<int> SchemaList(Session&);
Result<int> SchemaShow(Session&);
Result<int> Search(Session&);

Result<int> PlantAdd(Session&);
Result<int> PlantList(Session&);
Result<int> PlantShow(Session&);
Result<int> PlantVerify(Session&);
Result<int> PlantAutonomy(Session&);

Result<int> AppAdd(Session&);
Result<int> AppUpdate(Session&);
Result<int> AppList(Session&);
Result<int> AppShow(Session&);
Result<int> AppDiff(Session&);

Result<int> RunApps(Session&);
Result<int> RunList(Session&);
Result<int> RunShow(Session&);
Result<int> RunWatch(Session&);
Result<int> RunPause(Session&);
Result<int> RunResume(Session&);
Result<int> RunCancel(Session&);
Result<int> RunFork(Session&);

Result<int> EventsTail(Session&);
Result<int> EventsIngest(Session&);
Result<int> Observe(Session&);

Result<int> IncidentList(Session&);
Result<int> IncidentShow(Session&);
Result<int> IncidentMerge(Session&);
Result<int> IncidentUnmerge(Session&);
Result<int> IncidentExport(Session&);
Result<int> IncidentCloseBreaker(Session&);

Result<int> PatternList(Session&);
Result<int> PatternShow(Session&);
Result<int> PatternDemote(Session&);
Result<int> PatternExport(Session&);

Result<int> DecisionList(Session&);
Result<int> DecisionsVerify(Session&);
Result<int> DecisionShow(Session&);
Result<int> DecisionCorrect(Session&);

Result<int> MotorVersions(Session&);
Result<int> MotorDiff(Session&);
Result<int> MotorChangelog(Session&);
Result<int> MotorRollback(Session&);
Result<int> MotorHistory(Session&);
Result<int> MotorBlastRadius(Session&);
Result<int> MotorRerun(Session&);
Result<int> MotorCanary(Session&);
Result<int> MotorRestorePoints(Session&);

Result<int> ChangeList(Session&);
Result<int> ChangeShow(Session&);
Result<int> ChangeSubmit(Session&);
Result<int> ChangeApprove(Session&);
Result<int> ChangeReject(Session&);
Result<int> ChangePushBack(Session&);
Result<int> ChangeBreakGlass(Session&);
Result<int> ChangeReview(Session&);
Result<int> TokenAdd(Session&);
Result<int> TokenList(Session&);
Result<int> TokenRevoke(Session&);

Result<int> HookAdd(Session&);
Result<int> HookList(Session&);
Result<int> HookRemove(Session&);
Result<int> HookReceive(Session&);

Result<int> ArtifactList(Session&);
Result<int> ArtifactProvenance(Session&);
Result<int> ArtifactVerify(Session&);

Result<int> GoldenRun(Session&);
Result<int> GoldenPlay(Session&);
Result<int> GoldenOffer(Session&);
Result<int> ChaosList(Session&);
Result<int> ChaosRun(Session&);

Result<int> Replay(Session&);

Result<int> Kpi(Session&);
Result<int> Slo(Session&);
Result<int> Compliance(Session&);

}  // namespace aiop::app
