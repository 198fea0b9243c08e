"""In a child: the portal's own web server, which hears of hints by PostgreSQL and by Redis both."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

from parvis.serve.options import ServeOptions
from parvis.serve.web import serve


class RedisSource:
    """SUBSCRIBE on a connection of its own."""

    async def follow(self, heard: Callable[[bytes], None], connected: Callable[[], None]) -> None:
        import redis.asyncio

        from parvis.portal.remote_desktop.hints import CHANNEL

        async with redis.asyncio.Redis.from_url(os.environ["PARVIS_BENCH_REDIS"]) as server:
            told = server.pubsub()
            await told.subscribe(CHANNEL)
            async for message in told.listen():
                if message["type"] == "subscribe":
                    connected()
                else:
                    heard(message["data"])


class Both:
    """Connected when both are."""

    async def follow(self, heard: Callable[[bytes], None], connected: Callable[[], None]) -> None:
        from parvis.serve.hints.postgresql import PostgresSource

        missing = [1, 1]

        def one_more() -> None:
            missing.pop()
            if not missing:
                connected()

        await asyncio.gather(PostgresSource().follow(heard, one_more), RedisSource().follow(heard, one_more))


def main() -> None:
    from parvis.portal.config.wsgi import application
    from parvis.serve.hints.board import Board

    serve(application, ServeOptions.from_environment(), Board(Both()))


if __name__ == "__main__":
    main()
