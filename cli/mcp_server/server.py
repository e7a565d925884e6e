"""The tools as an MCP server sees them: names, descriptions and limits that a model reads."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Annotated, Any, Literal

import anyio.from_thread
from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations
from pydantic import Field

from cli.language import locale_language
from cli.mcp_server.tools import Tools, Watch
from errors import KexError
from settings import VERSION, ModelName
from wording import localised

ABOUT = (
    "Kex turns Chinese or English text into triples, named entities and facts, and says where in "
    "the text each of them is. It also has a knowledge base of what was found in many sources."
)
# Nothing here changes anything, or asks anybody beyond the models of this machine's settings.
_READS = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)

Limit = Annotated[int, Field(ge=1, le=100)]
EntityId = Annotated[str, Field(description="The `id` of an entity that find_entity gave.")]


def make_server(tools: Tools) -> MCPServer:
    """A server with five tools. They run in threads, so that several can be asked at a time."""
    server = MCPServer("kex", version=VERSION, instructions=ABOUT, lifespan=_flushing)

    @server.tool(annotations=_READS)
    def extract(
        text: Annotated[str, Field(description="Chinese or English text.")],
        context: Context,
        prompt_type: Annotated[
            Literal["KE1", "KE2", "KE3"],
            Field(description="KE1: triples; KE2: named entities; KE3: facts about one entity."),
        ] = "KE1",
        entity: Annotated[
            str | None,
            Field(description="KE3: the entity. Default: the main entities of the text."),
        ] = None,
        schema: Annotated[
            list[str] | None,
            Field(description="Only these relations (KE1), classes (KE2) or keys (KE3)."),
        ] = None,
        lang: Annotated[
            Literal["auto", "zh", "en"],
            Field(description="Language of relations, classes and keys."),
        ] = "auto",
        assertions: Annotated[
            Literal["affirmed", "all"],
            Field(description="all: also what the text denies, doubts, supposes or asks, marked."),
        ] = "affirmed",
        model: Annotated[ModelName | None, Field(description="Default: Kex's setting.")] = None,
    ) -> dict[str, Any]:
        """Extract knowledge from a text. `response` is the answer for people, `knowledge` has each
        item with its offsets: text[start:end] is the string. `warnings` say what is missing."""
        with _told():
            return tools.extract(
                text,
                prompt_type,
                entity=entity,
                labels=schema,
                lang=lang,
                assertions=assertions,
                model=model,
                watch=_watch(context),
            )

    @server.tool(annotations=_READS)
    def find_entity(
        name: Annotated[str, Field(description="A name, or a part of it.")], limit: Limit = 10
    ) -> dict[str, Any]:
        """Find entities of the knowledge base by name, exact names first. Each has an `id`."""
        with _told():
            return tools.find_entity(name, limit)

    @server.tool(annotations=_READS)
    def entity(id: EntityId) -> dict[str, Any]:
        """Read an entity of the knowledge base: its names, classes and best supported triples, with
        the number of sources and the sentences that state them."""
        with _told():
            return tools.entity(id)

    @server.tool(annotations=_READS)
    def around(
        id: EntityId, depth: Annotated[int, Field(ge=1, le=2)] = 1, limit: Limit = 50
    ) -> dict[str, Any]:
        """Read the triples within `depth` steps of an entity, those of most sources first."""
        with _told():
            return tools.around(id, depth, limit)

    @server.tool(annotations=_READS)
    def sources(
        query: Annotated[str, Field(description="Words of the text; empty: the newest.")] = "",
        id: Annotated[
            str | None, Field(description="Read this source: its text and what was found in it.")
        ] = None,
        after: Annotated[str | None, Field(description="`next` of the last answer.")] = None,
        limit: Limit = 10,
    ) -> dict[str, Any]:
        """Search the sources of the knowledge base, or read one by its `id`."""
        with _told():
            return tools.source(id) if id else tools.sources(query, after, limit)

    return server


@asynccontextmanager
async def _flushing(server: MCPServer) -> AsyncIterator[None]:
    """While the server runs, the SDK leads to standard error what others print. What Python still
    holds of that has to go there, too, before the end."""
    try:
        yield
    finally:
        sys.stdout.flush()


@contextmanager
def _told() -> Iterator[None]:
    """The client reads what a KexError says; of other errors it learns only that there was one."""
    try:
        yield
    except KexError as error:
        raise ToolError(localised(error.message, locale_language())) from error


def _watch(context: Context) -> Watch:
    """Stops the work when the client cancels; tells it each part that is begun."""
    told: tuple[int, int] | None = None

    def watch(done: int, of: int) -> None:
        nonlocal told
        anyio.from_thread.check_cancelled()
        if told != (done, of):
            told = (done, of)
            report: Callable[..., Any] = context.report_progress
            anyio.from_thread.run(report, done, of)

    return watch
