"""What both readers say stands; what one alone says is put to a person; a model that is away costs nothing."""

from collections.abc import Sequence

import msgspec
import pytest
import structlog

from core.breaker import Breaker
from core.text import Text
from speech.notes import CheckpointWords, Lexicon, Limits, NoteIssue, Value
from speech.notes.answers import ASKED
from speech.notes.chat import NotAnswered
from speech.notes.language_model import LanguageModel
from speech.notes.model import LONGEST_NOTE
from speech.notes.reader import RuleReader
from speech.notes.second_reading import SecondReading, joined

LIMITS = {"equipment.chiller": Limits("°C", 0, 6), "service.queue": Limits("", None, 5)}
LEXICON = Lexicon((CheckpointWords("safety.slip", "safety", "major", en=("wet floor",)),))
TITLES = {"safety.slip": Text("地面防滑", "No slip hazards")}
NOTE = "a wet floor"
FOUND = (
    b'{"choices": [{"message": {"content": "{\\"issues\\": [{\\"checkpoint\\": \\"safety.slip\\", '
    b'\\"polarity\\": \\"problem\\", \\"quote\\": \\"wet floor\\", \\"confidence\\": 1}]}"}}]}'
)


def issue(confidence: float, **more: object) -> NoteIssue:
    whole = NoteIssue("safety.slip", "safety", "problem", "major", (0, 4), None, None, confidence)
    return msgspec.structs.replace(whole, **more)


class TestJoined:
    def test_what_both_say_stands(self) -> None:
        [both] = joined((issue(0.9),), (issue(0.5, where="aisle 4", what="milk"),), LIMITS)
        assert (both.confidence, both.where, both.what) == (0.93, "aisle 4", "milk")

    def test_what_one_alone_says_is_put_to_a_person(self) -> None:
        for first, second in (((issue(0.9),), ()), ((), (issue(0.9),))):
            [alone] = joined(first, second, LIMITS)
            assert alone.confidence == ASKED

    def test_what_was_measured_needs_no_second_voice(self) -> None:
        measured = issue(0.9, checkpoint="equipment.chiller", value=Value(9, "°C"))
        assert joined((measured,), (), LIMITS) == (measured,)

    def test_a_count_may_have_counted_something_else(self) -> None:
        [counted] = joined((issue(0.9, checkpoint="service.queue", value=Value(8, "")),), (), LIMITS)
        assert counted.confidence == ASKED

    @pytest.mark.parametrize("measured_first", [True, False])
    def test_of_two_minds_the_measurement_decides(self, measured_first: bool) -> None:
        fine = issue(0.9, checkpoint="equipment.chiller", polarity="ok", value=Value(4, "°C"))
        warm = issue(0.9, checkpoint="equipment.chiller")
        first, second = (fine, warm) if measured_first else (warm, fine)
        assert joined((first,), (second,), LIMITS) == (fine,)

    def test_of_two_minds_else_the_problem_is_put_to_a_person(self) -> None:
        [disputed] = joined((issue(0.9),), (issue(0.9, polarity="ok"),), LIMITS)
        assert (disputed.polarity, disputed.confidence) == ("problem", ASKED)

    def test_two_places_are_two_matters_in_the_order_of_the_text(self) -> None:
        first, second = issue(0.9, where="exit", span=(20, 24)), issue(0.5, where="entrance")
        assert [found.where for found in joined((first,), (second,), LIMITS)] == ["entrance", "exit"]


class Endpoint:
    """Answers what it was told to, one a call, the last one for ever."""

    def __init__(self, *turns: bytes | NotAnswered, takes_s: float = 0) -> None:
        self.turns: list[bytes | NotAnswered] = list(turns)
        self.asked: list[dict] = []
        self.now = 0.0
        self.takes_s = takes_s

    def __call__(self, request: bytes, within_s: float) -> bytes:
        self.asked.append(msgspec.json.decode(request))
        self.now += self.takes_s
        turn = self.turns.pop(0) if len(self.turns) > 1 else self.turns[0]
        if isinstance(turn, NotAnswered):
            raise turn
        return turn

    @property
    def forms(self) -> Sequence[str]:
        return [request["response_format"]["type"] for request in self.asked]

    def model(self) -> LanguageModel:
        return LanguageModel("test", self, LEXICON, TITLES, timeout_s=20, seconds=lambda: self.now)


class TestAskedTwiceAtMost:
    @pytest.mark.parametrize("reason", ["server_error", "unreachable", "not_a_reply"])
    def test_what_may_pass_is_tried_once_more(self, reason: str) -> None:
        endpoint = Endpoint(NotAnswered(reason), FOUND)
        assert len(endpoint.model().issues(NOTE)) == 1
        assert endpoint.forms == ["json_schema", "json_schema"]

    def test_and_only_once(self) -> None:
        endpoint = Endpoint(NotAnswered("server_error"))
        with pytest.raises(NotAnswered):
            endpoint.model().issues(NOTE)
        assert len(endpoint.asked) == 2

    @pytest.mark.parametrize("reason", ["timeout", "busy", "forbidden", "redirected", "too_large", "cut_short"])
    def test_what_would_come_again_is_not_tried_again(self, reason: str) -> None:
        endpoint = Endpoint(NotAnswered(reason))
        with pytest.raises(NotAnswered):
            endpoint.model().issues(NOTE)
        assert len(endpoint.asked) == 1

    def test_both_tries_together_keep_to_the_time(self) -> None:
        endpoint = Endpoint(NotAnswered("server_error"), takes_s=19.8)
        with pytest.raises(NotAnswered):
            endpoint.model().issues(NOTE)
        assert len(endpoint.asked) == 1

    def test_a_server_that_refuses_schemas_is_asked_without_from_then_on(self) -> None:
        endpoint = Endpoint(NotAnswered("bad_request", 400), FOUND)
        model = endpoint.model()
        model.issues(NOTE)
        model.issues(NOTE)
        assert endpoint.forms == ["json_schema", "json_object", "json_object"]

    def test_a_server_that_ignores_schemas_is_asked_for_json_alone(self) -> None:
        endpoint = Endpoint(b'{"choices": [{"message": {"content": "The floor is wet."}}]}', FOUND, FOUND)
        model = endpoint.model()
        model.issues(NOTE)
        model.issues(NOTE)
        assert endpoint.forms == ["json_schema", "json_object", "json_schema"]

    @pytest.mark.parametrize("note", ["", " \n "])
    def test_of_nothing_nothing_is_asked(self, note: str) -> None:
        endpoint = Endpoint(FOUND)
        assert endpoint.model().issues(note) == ()
        assert endpoint.asked == []

    def test_a_book_is_not_sent(self) -> None:
        endpoint = Endpoint(FOUND)
        with pytest.raises(NotAnswered, match="note_too_long"):
            endpoint.model().issues("x" * (LONGEST_NOTE + 1))
        assert endpoint.asked == []


class TestReadAgain:
    def read(self, endpoint: Endpoint, breaker: Breaker | None = None) -> tuple[NoteIssue, ...]:
        reader = SecondReading(RuleReader(LEXICON), endpoint.model(), LEXICON, breaker or Breaker())
        return reader.issues(NOTE)

    def test_where_the_model_answers_both_are_joined(self) -> None:
        assert [found.confidence for found in self.read(Endpoint(FOUND))] == [0.93]
        nothing = b'{"choices": [{"message": {"content": "{\\"issues\\": []}"}}]}'
        assert [found.confidence for found in self.read(Endpoint(nothing))] == [ASKED]

    def test_where_it_does_not_the_rules_stand_as_they_are_and_the_log_says_why(self) -> None:
        with structlog.testing.capture_logs() as logs:
            found = self.read(Endpoint(NotAnswered("forbidden", 401)))
        assert found == RuleReader(LEXICON).issues(NOTE)
        assert [(line["reason"], line["status"]) for line in logs] == [("forbidden", 401)]
        assert "wet" not in str(logs)

    def test_a_dead_endpoint_does_not_cost_every_note_its_timeout(self) -> None:
        endpoint, breaker = Endpoint(NotAnswered("timeout"), takes_s=20), Breaker(failures=3)
        for _ in range(50):
            assert len(self.read(endpoint, breaker)) == 1
        assert len(endpoint.asked) == 3

    def test_a_note_that_the_model_refuses_says_nothing_about_the_next(self) -> None:
        refused, away = NotAnswered("refused_by_model"), NotAnswered("timeout")
        endpoint, breaker = Endpoint(refused, away, refused, away, refused), Breaker(failures=2)
        for _ in range(5):
            self.read(endpoint, breaker)
        assert len(endpoint.asked) == 5

    def test_its_name_tells_both(self) -> None:
        assert SecondReading(RuleReader(LEXICON), Endpoint(FOUND).model(), LEXICON, Breaker()).name == (
            "rules, language-model test"
        )
