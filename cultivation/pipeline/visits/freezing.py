"""That a signed record, with its files, is never changed: the database refuses it (签字后冻结)."""

from cultivation.pipeline.models import VisitFile, VisitRecord
from enterprises.audit.guards import freeze

freeze(VisitRecord._meta.db_table, "OLD.signed_at IS NOT NULL")
freeze(VisitFile._meta.db_table, "OLD.kept")
