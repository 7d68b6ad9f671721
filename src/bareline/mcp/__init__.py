"""How do the tools of MCP servers become tools of a call?

The Model Context Protocol's own package is imported in one module (``bareline.mcp.sdk``), when a server is first used.
"""

from bareline.mcp.server import McpServer, mcp_http, mcp_stdio

__all__ = ["McpServer", "mcp_http", "mcp_stdio"]
