"""Which command is meant: one of a group needs no name, and some stand in modules of their own."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from typer.core import TyperGroup
from typer.main import get_command

# Commands that are loaded when they are called, or when all are listed.
_ELSEWHERE = {"rollout": "wavefix.rollout.command"}


class DefaultCommand(TyperGroup):
    """A group of which one command needs no name: `wavefix [PATH]...` means `wavefix fix`."""

    default = "fix"

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put its name before arguments that begin with no command and no option of the group."""
        own = {option for param in self.params for option in param.opts} | {"-h", "--help"}
        own |= set(self.list_commands(ctx))
        completing = ctx.resilient_parsing and not args  # the first word is still to come
        if not completing and (not args or args[0] not in own):
            args = [self.default, *args]
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: Any, incomplete: str) -> Any:
        """What the first word may be: a command, or what the default command takes there."""
        default = self.commands[self.default]
        inner = default.make_context(self.default, [], parent=ctx, resilient_parsing=True)
        words = [
            *super().shell_complete(ctx, incomplete),
            *default.shell_complete(inner, incomplete),
        ]
        return list({word.value: word for word in words}.values())

    def default_help(self, ctx: Any, formatter: Any) -> None:
        """The help of that command, as if it were the group."""
        name = ctx.info_name if ctx.parent else "wavefix"
        command = self.commands[self.default]
        own = command.make_context(name, [], parent=ctx.parent, resilient_parsing=True)
        command.format_help(own, formatter)


class Commands(DefaultCommand):
    """All commands, with those that stand in modules of their own."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Their names."""
        return [*super().list_commands(ctx), *_ELSEWHERE]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A command by its name."""
        if cmd_name not in _ELSEWHERE:
            return super().get_command(ctx, cmd_name)
        command = get_command(import_module(_ELSEWHERE[cmd_name]).app)
        command.name = cmd_name
        return command

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """The commands, and below them the default one with its options."""
        super().format_help(ctx, formatter)
        self.default_help(ctx, formatter)
