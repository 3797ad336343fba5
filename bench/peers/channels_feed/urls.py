"""POST makes an article; what is saved goes to everybody in the group, serialised by Django."""

import json

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.core import serializers
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.http import JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from .models import Article

GROUP = "subscribers"


@receiver(post_save, sender=Article)
def announce(instance, created, **_):
    if created:
        message = {"type": "article", "text": serializers.serialize("json", [instance])}
        async_to_sync(get_channel_layer().group_send)(GROUP, message)


@csrf_exempt
def articles(request):
    draft = json.loads(request.body)
    article = Article.objects.create(title=draft["title"], body=draft["body"])
    return JsonResponse({"id": article.pk}, status=201)


urlpatterns = [path("api/articles/", articles)]
