"""The thin ASGI shell: HTTP and websockets in, the hub's answers out. Starlette routes, nothing else thinks here."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec
from starlette.applications import Starlette
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute

from venue import admin
from venue.client import Client
from venue.config import Response as Answer
from venue.encode import JSON
from venue.exchange import refusal_response
from venue.fault_rest import spoiled
from venue.refusals import Refusal
from venue.units import NS_PER_S
from venue.updates_socket import UpdatesSession
from venue.wire import wire_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request
    from starlette.websockets import WebSocket

    from venue.data_socket import DataSession
    from venue.fault_rest import Plan
    from venue.hub import Hub

METHODS = ["GET", "POST", "PATCH", "DELETE", "PUT"]
KEY_HEADER, SECRET_HEADER = "apca-api-key-id", "apca-api-secret-key"
ABORTED = frozenset({1005, 1006})
BROKEN = 1011  # the close code of a server that did not get on
TOO_MANY = 429
NOTHING = Answer(200)


class App:
    """The routes over one hub."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self.asgi = Starlette(
            routes=[
                Route("/sim/{part:path}", self._admin, methods=["GET", "POST", "DELETE"]),
                WebSocketRoute("/stream", self._updates),
                WebSocketRoute("/{feed:path}", self._data),
                Route("/{path:path}", self._rest, methods=METHODS),
            ]
        )

    async def _rest(self, request: Request) -> Response:
        headers = request.headers
        account = self._hub.exchange.who(headers.get(KEY_HEADER), headers.get(SECRET_HEADER))
        if isinstance(account, Refusal):
            answer = refusal_response(account, {})
            return Response(answer.body, answer.status, answer.headers)
        return await self._executed(request, account, self._hub.plan(account, request.method))

    async def _executed(self, request: Request, account: str, plan: Plan) -> Response:
        """Answer an authenticated call, with whatever goes wrong on its way."""
        body = await request.body()
        if plan.before_ms:
            await asyncio.sleep(plan.before_ms / 1000)
        answer = NOTHING
        if plan.execute:
            answer = self._hub.request(account, request.method, request.scope["path"], request.query_params, body)
        if plan.hang:
            await _gone(request)
        if plan.drop:
            wire_of(request.scope).abort()
            await _gone(request)
        if plan.after_ms:
            await asyncio.sleep(plan.after_ms / 1000)
        answer = spoiled(plan, answer, self._hub.exchange.rate_headers(account))
        if plan.drip_ms:
            return StreamingResponse(_drip(answer.body, plan.drip_ms), answer.status, answer.headers)
        return Response(answer.body, answer.status, answer.headers)

    async def _admin(self, request: Request) -> Response:
        body = await request.body()
        status, value = admin.answer(self._hub, request.method, request.path_params["part"], body)
        self._hub.tick()
        return Response(msgspec.json.encode(value), status, {"Content-Type": "application/json"})

    async def _data(self, socket: WebSocket) -> None:
        hub = self._hub
        endpoint = socket.path_params["feed"]
        stream = "news" if endpoint.endswith("news") else "data"
        if fault := hub.socket_fault(stream, "upgrade-refused", ""):
            await socket.send_denial_response(Response("refused", fault.code or TOO_MANY))
            return
        session = hub.data_session(endpoint, socket.headers.get("content-type", ""))
        client = Client(socket, frames_max=hub.exchange.config.send_queue_frames_max, as_text=session.codec == JSON)
        await socket.accept()
        client.reply(session.opened(socket.headers, hub.clock.mono_ns()))
        hub.data[session.number] = session, client
        try:
            await self._serve(session, client)
        finally:
            del hub.data[session.number]

    async def _updates(self, socket: WebSocket) -> None:
        hub = self._hub
        fault = hub.socket_fault("updates", "upgrade-refused", "")
        if fault or hub.updates_full():
            code = fault.code if fault and fault.code else TOO_MANY
            await socket.send_denial_response(Response("too many connections", code))
            return
        session = hub.updates_session()
        client = Client(socket, frames_max=hub.exchange.config.send_queue_frames_max, as_text=False)
        await socket.accept()
        hub.updates[session.number] = session, client
        try:
            await self._serve(session, client)
        finally:
            del hub.updates[session.number]

    async def _serve(self, session: DataSession | UpdatesSession, client: Client) -> None:
        """Read until the client goes; write beside it; hang up on a client that does not authenticate in time."""
        hub = self._hub
        writer = asyncio.create_task(client.write())
        timeout_s = hub.exchange.config.auth_timeout_s
        timer = asyncio.get_running_loop().call_later(timeout_s, lambda: client.reply(session.auth_timeout()))
        code = BROKEN
        try:
            code = await self._read(session, client)
        finally:  # a session that broke gives its slot back, too
            timer.cancel()
            writer.cancel()
            self._let_go(session, code)

    async def _read(self, session: DataSession | UpdatesSession, client: Client) -> int:
        """Answer what the client says until it goes; return the code with which it went."""
        while True:
            message = await client.socket.receive()
            if message["type"] != "websocket.receive":
                return int(message.get("code", 1006))
            frame = message.get("bytes")
            client.reply(session.receive(message["text"] if frame is None else frame, self._hub.clock.mono_ns()))

    def _let_go(self, session: DataSession | UpdatesSession, code: int) -> None:
        """Give the slot of a connection back: at once, or after a while when it was aborted."""
        hub = self._hub
        stream = "updates" if isinstance(session, UpdatesSession) else "data"
        held_s = hub.exchange.config.slot_held_s if code in ABORTED else 0.0
        if held := hub.socket_fault(stream, "slot-held", session.account):
            held_s = held.ms / 1000
        session.closed(hub.clock.mono_ns(), held_ns=round(held_s * NS_PER_S))


async def _gone(request: Request) -> None:
    """Wait until the client has gone."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _drip(body: bytes, each_ms: float) -> AsyncIterator[bytes]:
    for at in range(len(body)):
        yield body[at : at + 1]
        await asyncio.sleep(each_ms / 1000)
