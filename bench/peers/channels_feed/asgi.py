"""What daphne runs: HTTP by Django, `/articles` by a consumer."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "channels_feed.settings")

from django.core.asgi import get_asgi_application  # noqa: E402

http = get_asgi_application()

from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import path  # noqa: E402

from .urls import GROUP  # noqa: E402


class Feed(AsyncWebsocketConsumer):
    groups = [GROUP]

    async def article(self, message):
        await self.send(text_data=message["text"])


application = ProtocolTypeRouter({"http": http, "websocket": URLRouter([path("articles", Feed.as_asgi())])})
