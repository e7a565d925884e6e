"""`kex mcp`: the command. The SDK of MCP is an extra."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import click

from errors import InputError
from log_lines import configure
from models.registry import Registry
from settings import load_settings
from wording import message

if TYPE_CHECKING:
    from mcp.server import MCPServer

    from cli.mcp_server.tools import Tools


@click.command("mcp")
def mcp_command() -> None:
    """Serve an MCP client over standard input and output.

    Its tools are extraction and the knowledge base. The client, such as a desktop assistant,
    starts this command by itself. Needs requirements-mcp.txt. Logs go to standard error.
    """
    settings = load_settings()
    configure(settings)
    # The SDK tells failures, and at DEBUG whole messages: those have texts in them.
    logging.getLogger("mcp").setLevel(logging.WARNING)
    from cli.mcp_server.tools import Tools  # the other commands need no database
    from storage.knowledge_base.lazy import LazyBase

    registry = Registry(settings)
    base = LazyBase(settings.base)
    try:
        _server(Tools(settings, registry, base)).run("stdio")
    finally:
        registry.close()
        base.close()


def _server(tools: Tools) -> MCPServer:
    """Raises InputError without the SDK."""
    try:
        from cli.mcp_server.server import make_server
    except ImportError as error:
        if (error.name or "").partition(".")[0] != "mcp":
            raise
        raise InputError(message("errors.mcp_missing")) from error
    return make_server(tools)
