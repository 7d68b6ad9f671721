"""An MCP server with a few notes: what ``mcp_notes.py`` starts, or any other client of MCP.

``python examples/notes_server.py`` speaks over standard input and output.
"""

from __future__ import annotations

from mcp.server.fastmcp import FastMCP
from mcp.types import ToolAnnotations

server = FastMCP("notes")
notes = ["buy milk", "call Ada"]


@server.tool(annotations=ToolAnnotations(readOnlyHint=True))
def list_notes() -> list[str]:
    """List the user's notes."""
    return notes


@server.tool()
def delete_note(title: str) -> str:
    """Delete a note for good."""
    if title not in notes:
        raise ValueError(f"there is no note '{title}'")
    notes.remove(title)
    return f"deleted {title}"


if __name__ == "__main__":
    server.run()
