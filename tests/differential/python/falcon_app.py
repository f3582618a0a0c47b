"""Falcon: media handlers (JSON, form, multipart, MessagePack), parameters."""

import falcon
from falcon import media
from readings import gather, read

KINDS = {"application/msgpack": media.MessagePackHandler(), "application/x-msgpack": media.MessagePackHandler()}


class Login:
    def on_post(self, request, response):
        content = {}
        try:
            content = request.get_media()
            if hasattr(content, "__iter__") and not isinstance(content, (dict, list)):
                content = {part.name: part.text for part in content}
        except Exception:
            content = {}
        response.media = gather(
            lambda: read("media", content),
            lambda: read("params", request.params),
        )

    on_get = on_put = on_patch = on_delete = on_post


app = falcon.App()
app.req_options.media_handlers.update(KINDS)
app.req_options.strip_url_path_trailing_slash = True
app.add_route("/login", Login())
