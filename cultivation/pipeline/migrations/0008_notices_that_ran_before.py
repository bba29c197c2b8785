"""Give each application on notice a list, so that it can be objected to (既有公示)."""

import hashlib
import json

from django.db import migrations
from django.utils import timezone


def make_lists(apps, _schema):
    """Make one published list for each tier, kind, office and pair of days that runs."""
    Application = apps.get_model("pipeline", "Application")
    Notice = apps.get_model("pipeline", "Notice")
    NoticeEntry = apps.get_model("pipeline", "NoticeEntry")
    Region = apps.get_model("places", "Region")
    groups = {}
    rows = Application.objects.filter(status="on_notice", notice_from__isnull=False)
    for row in rows.select_related("enterprise__region").order_by("pk").iterator():
        path = "" if row.notice_level == "nation" else row.region_path[:2]
        key = (row.tier, row.kind, row.notice_level, path, row.notice_from, row.notice_to)
        groups.setdefault(key, []).append(row)
    for (tier, kind, level, path, first, last), found in groups.items():
        region = Region.objects.filter(path=path, in_use=True).order_by("pk").first()
        if region is None or last <= first:
            continue
        names = [
            [position, row.enterprise.name, row.enterprise.region.name_zh]
            for position, row in enumerate(found, start=1)
        ]
        said = {
            "tier": tier, "kind": kind, "level": level, "region": region.code,
            "first_day": first.isoformat(), "last_day": last.isoformat(), "rows": names,
        }
        text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        notice = Notice.objects.create(
            tier=tier, kind=kind, level=level, region=region, region_path=path,
            state="published", first_day=first, last_day=last, working_days=0,
            entries=len(found), list_hash=hashlib.sha256(text.encode()).hexdigest(),
            published_at=timezone.now(),
        )
        NoticeEntry.objects.bulk_create(
            NoticeEntry(
                notice=notice, application=row, position=position, name=row.enterprise.name,
                region_name=row.enterprise.region.name_zh,
                region_name_en=row.enterprise.region.name_en,
            )
            for position, row in enumerate(found, start=1)
        )


class Migration(migrations.Migration):

    dependencies = [("pipeline", "0007_notices_and_objections")]
    operations = [migrations.RunPython(make_lists, migrations.RunPython.noop)]
