"""Drives `tulving mcp` with the Python client of the protocol, in both eras: a second opinion on what is said.

    python mcp_client.py PROGRAM     in a directory with a memory
"""

import asyncio
import re
import sys

from mcp import Client, MCPError, StdioServerParameters


async def drive(program: str, mode: str) -> None:
    server = StdioServerParameters(command=program, args=["mcp"])
    async with Client(server, mode=mode) as client:
        listed = await client.list_tools()
        print(f"{mode}: {client.protocol_version}, {len(listed.tools)} tools")
        assert client.instructions and "memory_search" in client.instructions

        async def call(tool: str, **arguments) -> str:
            result = await client.call_tool(tool, arguments)
            assert not result.is_error, result
            return result.content[0].text

        stored = await call("memory_add", text=f"The {mode} pool holds 32 connections.")
        identifier = re.search(r'"(mem_[0-9a-f]+)"', stored).group(1)
        assert identifier in await call("memory_search", query=f"{mode} connections")
        assert identifier in await call("memory_list")
        assert "etag" in await call("memory_get", ids=[identifier])
        await call("memory_update", id=identifier, answer="It is 64 now.")
        assert "64" in await call("memory_get", ids=[identifier])
        await call("memory_delete", ids=[identifier])
        gone = await client.call_tool("memory_get", {"ids": [identifier]})
        assert gone.is_error and gone.content[0].text.startswith("error (not-found):"), gone
        try:
            await client.call_tool("no_such_tool", {})
        except MCPError as error:
            assert error.code == -32602, error
        else:
            raise AssertionError("a tool that is not there was called")


async def main(program: str) -> None:
    for mode in ("legacy", "auto"):
        await drive(program, mode)


asyncio.run(main(sys.argv[1]))
