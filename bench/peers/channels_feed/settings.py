"""A feed of articles with Django Channels, as the demo had it; where it runs is said by the environment."""

import os

SECRET_KEY = "only for measurements on this machine"
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
INSTALLED_APPS = ["daphne", "channels", "channels_feed"]
ROOT_URLCONF = "channels_feed.urls"
ASGI_APPLICATION = "channels_feed.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ["FEED_DATABASE"],
        # Durable, as articled is, and kept open.
        "OPTIONS": {"init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;", "timeout": 20},
        "CONN_MAX_AGE": None,
    }
}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {
            "hosts": [os.environ["FEED_REDIS"]],
            "capacity": 2000,
            "channel_capacity": {"http.request": 2000, "specific*": 20000},
            "group_expiry": 300,
        },
    }
}
LOGGING = {"version": 1, "disable_existing_loggers": True}
