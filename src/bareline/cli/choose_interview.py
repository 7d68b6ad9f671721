"""What does the person answer, question by question, and how do they change their mind?

Lines of standard input: a number, an answer's name or its beginning; an empty line keeps what is offered; ``?`` asks
why, ``b`` goes back, ``d`` leaves the rest open, ``q`` leaves. From a pipe the same is taken, and nothing asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TextIO

from bareline.cli.terminal import Terminal
from bareline.errors import ConfigurationError
from bareline.lab.choose.knowledge import UNKNOWN, Knowledge, Question

__all__ = ["interview"]

_DON_T_KNOW = "I don't know yet"
_Where = Literal["next", "back", "done", "leave"]
_Move = _Where | Literal["why"]
_MOVES: dict[str, _Move] = {
    "b": "back",
    "back": "back",
    "d": "done",
    "done": "done",
    "q": "leave",
    "quit": "leave",
    "exit": "leave",
    "?": "why",
    "why": "why",
    "help": "why",
}


def interview(knowledge: Knowledge, given: Mapping[str, str], terminal: Terminal, lines: TextIO) -> dict[str, str]:
    """All answers, those of ``given`` offered as defaults; unknown ones are left out.

    Raises ``ConfigurationError`` where no person can be asked again, and ``KeyboardInterrupt`` when they leave.
    """
    return _Interview(knowledge, given, terminal, lines).hold()


class _Interview:
    def __init__(self, knowledge: Knowledge, given: Mapping[str, str], terminal: Terminal, lines: TextIO) -> None:
        self._questions = knowledge.questions
        self._answers = dict(given)
        self._terminal = terminal
        self._lines = lines
        self._asking = lines.isatty()
        self._read = 0

    def hold(self) -> dict[str, str]:
        """From the first question to the last, and back where they want to."""
        self._say(f"{len(self._questions)} questions. Answer with a number or a word; Enter takes what is in brackets.")
        self._say("? why it is asked, b back, d done (the rest stays open), q or Ctrl-C leave.")
        at = 0
        while at < len(self._questions):
            match self._ask(at):
                case "back":
                    at = max(0, at - 1)
                case "done":
                    break
                case "leave":
                    raise KeyboardInterrupt
                case "next":
                    at += 1
                    if at == len(self._questions) and not self._satisfied():
                        at -= 1
        return {question: value for question, value in self._answers.items() if value != UNKNOWN}

    def _ask(self, at: int) -> _Where:
        """Where to go from this question; what was answered is kept."""
        question = self._questions[at]
        self._show(question, at)
        while (move := self._take(question)) == "why":
            self._say(f"  {question.why}", "cyan")
        return move

    def _show(self, question: Question, at: int) -> None:
        self._say()
        self._say(f"{at + 1}/{len(self._questions)}  {question.topic}", "dim")
        self._say(f"  {question.ask}", "bold")
        width = max(len(value) for value in question.values)
        for number, answer in enumerate(question.choices, 1):
            self._say(f"   {number}  {answer.id:<{width}}  {answer.text}")
        self._say(f"   0  {UNKNOWN:<{width}}  {_DON_T_KNOW}", "dim")

    def _take(self, question: Question) -> _Move:
        """A move, or an answer and on; what is neither is asked again, of a person."""
        offered = self._answers.get(question.id, UNKNOWN)
        while True:
            line = self._line(f"  [{offered}] > ")
            if line is None:
                if self._read == 0:
                    raise ConfigurationError("nobody answers: standard input is at its end; give --answers FILE")
                return "done"
            said = line.strip().lower()
            if said in _MOVES:
                return _MOVES[said]
            value = _understood(question, said) if said else offered
            if value:
                self._answers[question.id] = value
                return "next"
            if not self._asking:
                raise ConfigurationError(
                    f"line {self._read} of standard input: '{said}' is no answer to '{question.id}'; it takes "
                    f"{', '.join(question.values)}"
                )
            self._say(f"  '{said}' is none of them: a number from 0 to {len(question.choices)}, or a word.", "yellow")

    def _satisfied(self) -> bool:
        """After the last question: whether they go on."""
        if not self._asking:
            return True
        self._say()
        line = self._line("That was all. Enter decides, b goes back > ")
        return line is None or line.strip().lower() not in ("b", "back")

    def _line(self, prompt: str) -> str | None:
        """What they typed; nothing at the end."""
        if self._asking:
            self._terminal.prompt(prompt)
        line = self._lines.readline()
        if not line:
            self._say()
            return None
        self._read += 1
        return line

    def _say(self, text: str = "", *styles: str) -> None:
        if self._asking:
            self._terminal.line(text, *styles)


def _understood(question: Question, said: str) -> str:
    """The answer they mean; nothing when it is none, or could be several."""
    if said.isdecimal():
        number = int(said)
        values = (UNKNOWN, *(answer.id for answer in question.choices))
        return values[number] if number < len(values) else ""
    if said in question.values:
        return said
    close = [value for value in question.values if value.startswith(said)]
    return close[0] if len(close) == 1 else ""
