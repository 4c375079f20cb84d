"""A task's whole life as a list of sentences, from the trail."""

import datetime as dt
import uuid

import msgspec

from core.events import TrailEvent, trail_of
from core.scope import ScopedSession
from core.text import Text

TITLES = {
    "PhotoStored": Text("照片已保存", "Photo stored"),
    "MaterialLookedFor": Text("已比对促销物料", "Compared with campaign material"),
    "PhotoAnalysed": Text("照片已分析", "Photo analysed"),
    "VoiceStored": Text("语音已保存", "Voice note stored"),
    "NoteTranscribed": Text("语音已转写", "Voice note transcribed"),
    "NoteRead": Text("语音内容已识别", "Voice note read"),
    "IssueOpened": Text("发现问题", "Issue opened"),
    "IssueWorsened": Text("问题级别上调", "Issue became more severe"),
    "TaskAssigned": Text("任务已指派", "Task assigned"),
    "TaskUnassignable": Text("无人负责", "Nobody responsible"),
    "LateFindings": Text("整改后又收到同次巡店的发现", "More findings of the same visit, after the fix"),
    "TaskDueSooner": Text("问题加重, 时限提前", "More severe, due sooner"),
    "TaskStarted": Text("开始处理", "Work begun"),
    "TaskEscalated": Text("逾期升级", "Overdue, one level up"),
    "AfterPhotoStored": Text("整改照片已保存", "After photo stored"),
    "TagsRead": Text("价签已读取", "Price tags read"),
    "PhotoUnreadable": Text("照片无法读取", "Photo could not be read"),
    "FixSubmitted": Text("提交整改", "Fix submitted"),
    "FixVerified": Text("验收通过", "Fix verified"),
    "FixRejected": Text("整改被退回", "Fix sent back"),
    "FixReferred": Text("转人工复核", "Referred to a person"),
    "ReviewAsked": Text("请人判断照片", "A person is asked about the photo"),
    "ReviewAnswered": Text("照片已人工判断", "A person judged the photo"),
    "ReviewUndone": Text("人工判断已撤销", "The judgement was taken back"),
    "ReviewSettled": Text("人工判断已生效", "The judgement took effect"),
    "NoteCorrected": Text("语音文字已更正", "Transcript corrected"),
    "NoteReread": Text("更正后的文字已重新识别", "Corrected transcript read anew"),
    "NoteAnswered": Text("语音问题已人工确认", "A person judged what was heard"),
    "FindingsWithdrawn": Text("部分发现已撤回", "Findings withdrawn"),
    "IssueWithdrawn": Text("问题已撤回", "Issue withdrawn"),
    "IssueReopened": Text("问题重新打开", "Issue opened again"),
    "TaskWithdrawn": Text("任务已撤回", "Task withdrawn"),
    "TaskReopened": Text("任务重新打开", "Task opened again"),
    "NoteUnreadable": Text("语音无法识别", "Voice note could not be heard"),
    "AudioDropped": Text("录音已按公司设置删除", "Recording deleted, as the company chose"),
}


class TrailEntry(msgspec.Struct, frozen=True):
    """One step: who, when, from, to, why."""

    at: dt.datetime
    actor: str
    kind: str
    title: Text
    from_: str | None = msgspec.field(name="from")
    to: str | None
    why: Text | None


def entries(session: ScopedSession, *subjects: tuple[str, uuid.UUID]) -> tuple[TrailEntry, ...]:
    """Return the steps of these subjects, oldest first."""
    return tuple(_entry(event) for event in trail_of(session, *subjects))


def _entry(event: TrailEvent) -> TrailEntry:
    return TrailEntry(
        at=event.at,
        actor=event.actor_name,
        kind=event.kind,
        title=TITLES.get(event.kind, Text(event.kind, event.kind)),
        from_=event.state_from,
        to=event.state_to,
        why=event.why,
    )
