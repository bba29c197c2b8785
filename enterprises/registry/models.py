"""Enterprises and the facts about them, year by year (企业档案)."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from enterprises.places.models import (
    Chain,
    ChainLink,
    Cluster,
    Industry,
    Park,
    ProductDomain,
    Region,
)
from enterprises.registry.querysets import EnterpriseQuerySet, OfEnterpriseQuerySet


class Tier(models.TextChoices):
    """The titles an enterprise can hold, lowest first (梯度)."""

    TECHNOLOGY = "technology", _("technology-based SME")
    INNOVATIVE = "innovative", _("innovative SME")
    SRDI = "srdi", _("SRDI SME")
    LITTLE_GIANT = "little_giant", _("little giant")


class Stage(models.TextChoices):
    """Where an enterprise stands in cultivation; it follows the titles held (培育阶段)."""

    SEED = "seed", _("seed selection")
    SEEDLING = "seedling", _("seedling cultivation")
    OPTIMISATION = "optimisation", _("optimization")


class SizeClass(models.TextChoices):
    """Size by the SME size standard (企业规模, 工信部联企业〔2011〕300号)."""

    LARGE = "large", _("large")
    MEDIUM = "medium", _("medium")
    SMALL = "small", _("small")
    MICRO = "micro", _("micro")
    UNKNOWN = "unknown", _("unknown")


class Enterprise(models.Model):
    """An enterprise of the registry (企业)."""

    credit_code = models.CharField(max_length=18, unique=True)
    code_override_reason = models.CharField(
        max_length=300,
        blank=True,
        help_text="why a code with a wrong check character stands",
    )
    name = models.CharField(max_length=200, db_index=True)
    name_key = models.CharField(max_length=200, db_index=True, help_text="name as compared")
    fictional = models.BooleanField(default=False)

    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="enterprises")
    region_path = models.CharField(max_length=6, db_index=True)
    address = models.CharField(max_length=300, blank=True)
    established_on = models.DateField(null=True, blank=True)
    registered_capital = models.BigIntegerField(null=True, blank=True, help_text="fen")
    ownership = models.CharField(max_length=40, blank=True)
    industry = models.ForeignKey(Industry, null=True, blank=True, on_delete=models.PROTECT)
    industry_class = models.CharField(max_length=4, blank=True, help_text="4-digit niche class")
    size_class = models.CharField(
        max_length=8,
        choices=SizeClass.choices,
        default=SizeClass.UNKNOWN,
        db_index=True,
    )
    size_year = models.PositiveSmallIntegerField(null=True, blank=True)

    niche = models.CharField(max_length=200, blank=True, help_text="niche market (细分市场)")
    niche_since = models.DateField(null=True, blank=True)
    leading_product = models.CharField(max_length=200, blank=True)
    product_code = models.CharField(max_length=10, blank=True)
    product_domain = models.ForeignKey(
        ProductDomain, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    strategic_field = models.ForeignKey(
        ProductDomain, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    chain = models.ForeignKey(Chain, null=True, blank=True, on_delete=models.PROTECT)
    chain_link = models.ForeignKey(ChainLink, null=True, blank=True, on_delete=models.PROTECT)
    chain_role = models.CharField(max_length=300, blank=True, help_text="role for the chain")
    park = models.ForeignKey(Park, null=True, blank=True, on_delete=models.PROTECT)
    cluster = models.ForeignKey(Cluster, null=True, blank=True, on_delete=models.PROTECT)

    # Statements and list look-ups; empty means not stated.
    mainland_entity = models.BooleanField(null=True, blank=True)
    obeys_laws = models.BooleanField(null=True, blank=True)
    on_abnormal_list = models.BooleanField(null=True, blank=True)
    on_dishonest_list = models.BooleanField(null=True, blank=True)
    prohibited_product = models.BooleanField(null=True, blank=True)
    events_declared = models.BooleanField(
        null=True, blank=True, help_text="the list of major events is declared complete"
    )
    own_brand = models.BooleanField(null=True, blank=True)
    core_business_system = models.BooleanField(null=True, blank=True)
    champion_title = models.BooleanField(null=True, blank=True)
    controls_little_giant = models.BooleanField(null=True, blank=True)
    group_similar_product = models.BooleanField(null=True, blank=True)
    truth_declared = models.BooleanField(null=True, blank=True)

    # Personal data: shown only to those who need it, reading is logged.
    contact_name = models.CharField(max_length=80, blank=True)
    contact_phone = models.CharField(max_length=40, blank=True)
    contact_email = models.EmailField(blank=True)

    # Kept by the writers of pipeline/ and digital/, never by hand.
    stage = models.CharField(
        max_length=12, choices=Stage.choices, default=Stage.SEED, db_index=True
    )
    tier = models.CharField(max_length=12, choices=Tier.choices, blank=True, db_index=True)
    digital_level = models.PositiveSmallIntegerField(null=True, blank=True)

    version = models.PositiveIntegerField(default=1, help_text="grows with every change")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    facts_at = models.DateTimeField(auto_now=True, db_index=True)

    objects = EnterpriseQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["region_path", "tier"], name="enterprise_region_tier"),
            models.Index(fields=["region_path", "stage"], name="enterprise_region_stage"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(digital_level__isnull=True)
                | models.Q(digital_level__range=(0, 4)),
                name="digital_level_is_0_to_4",
            )
        ]

    def __str__(self) -> str:
        return self.name


class NameRecord(models.Model):
    """A name an enterprise bears or bore (名称沿革)."""

    enterprise = models.ForeignKey(Enterprise, on_delete=models.CASCADE, related_name="names")
    name = models.CharField(max_length=200)
    name_key = models.CharField(max_length=200, db_index=True)
    since = models.DateField(null=True, blank=True)
    until = models.DateField(null=True, blank=True)
    reason = models.CharField(max_length=200, blank=True)

    objects = OfEnterpriseQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]


MONEY = {
    "revenue": _("revenue"),
    "main_business_revenue": _("main-business revenue"),
    "leading_product_revenue": _("leading-product revenue"),
    "sales_revenue": _("sales revenue"),
    "total_assets": _("total assets"),
    "total_liabilities": _("total liabilities"),
    "net_profit": _("net profit"),
    "rd_expense": _("R&D expense"),
    "cost_and_expense": _("total costs and expenses"),
    "tax_paid": _("tax paid"),
}
COUNTS = {
    "employees": _("employees"),
    "rd_staff": _("R&D staff"),
    "tech_staff": _("science and technology staff"),
    "insured_staff": _("staff with social security"),
}
FIGURES = (*MONEY, *COUNTS, "market_share", "domestic_rank", "quality_score")


class AnnualReport(models.Model):
    """The figures of one year; an empty figure is missing, 0 is nought (年度数据).

    Money is whole fen, `market_share` parts per million, `quality_score` hundredths of a point
    (platform value of 工信厅企业〔2024〕75号, stored, never recomputed).
    """

    enterprise = models.ForeignKey(Enterprise, on_delete=models.CASCADE, related_name="reports")
    year = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(1990), MaxValueValidator(2100)]
    )
    revenue = models.BigIntegerField(null=True, blank=True)
    main_business_revenue = models.BigIntegerField(null=True, blank=True)
    leading_product_revenue = models.BigIntegerField(null=True, blank=True)
    sales_revenue = models.BigIntegerField(null=True, blank=True)
    total_assets = models.BigIntegerField(null=True, blank=True)
    total_liabilities = models.BigIntegerField(null=True, blank=True)
    net_profit = models.BigIntegerField(null=True, blank=True)
    rd_expense = models.BigIntegerField(null=True, blank=True)
    cost_and_expense = models.BigIntegerField(null=True, blank=True)
    tax_paid = models.BigIntegerField(null=True, blank=True)
    employees = models.PositiveIntegerField(null=True, blank=True)
    rd_staff = models.PositiveIntegerField(null=True, blank=True)
    tech_staff = models.PositiveIntegerField(null=True, blank=True)
    insured_staff = models.PositiveIntegerField(null=True, blank=True)
    market_share = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MaxValueValidator(1_000_000)],
        help_text="ppm",
    )
    domestic_rank = models.PositiveIntegerField(null=True, blank=True)
    quality_score = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MaxValueValidator(10_000)],
        help_text="hundredths",
    )
    audited = models.BooleanField(default=False)
    source = models.CharField(max_length=120, blank=True)
    warnings = models.JSONField(default=list, help_text="[{code, figure, message, reason, by}]")
    updated_at = models.DateTimeField(auto_now=True)

    objects = OfEnterpriseQuerySet.as_manager()

    class Meta:
        ordering = ["enterprise", "-year"]
        constraints = [
            models.UniqueConstraint(fields=["enterprise", "year"], name="one_report_a_year"),
            models.CheckConstraint(
                condition=models.Q(market_share__isnull=True)
                | models.Q(market_share__lte=1_000_000),
                name="market_share_is_at_most_the_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.enterprise_id} {self.year}"


class Title(models.Model):
    """A title an enterprise was given, with its validity (称号); written by pipeline/ alone."""

    class End(models.TextChoices):
        NONE = "", _("runs to its end")
        REVOKED = "revoked", _("revoked")
        CANCELLED = "cancelled", _("cancelled")
        REPLACED = "replaced", _("replaced by a new title")

    enterprise = models.ForeignKey(Enterprise, on_delete=models.CASCADE, related_name="titles")
    tier = models.CharField(max_length=12, choices=Tier.choices)
    number = models.CharField(max_length=40, unique=True)
    batch = models.CharField(max_length=40, blank=True)
    year = models.PositiveSmallIntegerField()
    granted_on = models.DateField()
    valid_to = models.DateField(help_text="last valid day")
    ended_on = models.DateField(null=True, blank=True, help_text="first day no longer valid")
    end_kind = models.CharField(max_length=10, choices=End.choices, blank=True)
    end_reason = models.TextField(blank=True)
    edition_code = models.CharField(max_length=40, blank=True)
    granting_region = models.ForeignKey(Region, null=True, on_delete=models.PROTECT)

    objects = OfEnterpriseQuerySet.as_manager()

    class Meta:
        ordering = ["-granted_on", "-pk"]
        indexes = [
            models.Index(fields=["tier", "granted_on", "valid_to"], name="title_tier_validity")
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(valid_to__gte=models.F("granted_on")),
                name="title_ends_after_it_begins",
            ),
            models.UniqueConstraint(
                fields=["enterprise", "tier"],
                condition=models.Q(ended_on__isnull=True),
                name="one_running_title_of_a_tier",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Fact(models.Model):
    """Something about an enterprise that a criterion may count (事实)."""

    enterprise = models.ForeignKey(Enterprise, on_delete=models.CASCADE)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OfEnterpriseQuerySet.as_manager()

    class Meta:
        abstract = True


class Level(models.TextChoices):
    """The level at which something was given (级别)."""

    INTERNATIONAL = "international", _("international")
    NATIONAL = "national", _("national")
    PROVINCIAL = "provincial", _("provincial or ministerial")
    CITY = "city", _("city")
    OTHER = "other", _("below city")


class Honour(Fact):
    """A title of another programme, with its validity (荣誉资质)."""

    class Kind(models.TextChoices):
        HIGH_TECH = "high_tech", _("high-tech enterprise")
        INNOVATION_MODEL = (
            "innovation_model",
            _("national technology-innovation model enterprise"),
        )
        IP_ADVANTAGE = "ip_advantage", _("IP advantage or model enterprise")
        CHAMPION = "champion", _("manufacturing champion")
        TIME_HONOURED = "time_honoured", _("China time-honoured brand")
        GREEN = "green", _("green manufacturing")
        OTHER = "other", _("other")

    kind = models.CharField(max_length=20, choices=Kind.choices)
    level = models.CharField(max_length=14, choices=Level.choices, default=Level.NATIONAL)
    number = models.CharField(max_length=60, blank=True)
    granted_on = models.DateField()
    valid_to = models.DateField(null=True, blank=True)


class IntellectualProperty(Fact):
    """A right of intellectual property (知识产权)."""

    class Kind(models.TextChoices):
        INVENTION = "invention", _("invention patent")
        DEFENCE = "defence", _("national-defence patent")
        PLANT_VARIETY = "plant_variety", _("new plant variety")
        CROP_VARIETY = "crop_variety", _("state-level crop variety")
        NEW_DRUG = "new_drug", _("new national drug")
        TCM_VARIETY = "tcm_variety", _("first-class protected TCM variety")
        IC_LAYOUT = "ic_layout", _("IC layout design")
        UTILITY = "utility", _("utility model patent")
        DESIGN = "design", _("design patent")
        SOFTWARE = "software", _("software copyright")

    class Obtained(models.TextChoices):
        OWN = "own", _("developed by itself")
        LICENSED = "licensed", _("licensed")
        TRANSFERRED = "transferred", _("transferred in")

    CLASS_ONE = (
        "invention",
        "defence",
        "plant_variety",
        "crop_variety",
        "new_drug",
        "tcm_variety",
        "ic_layout",
    )

    kind = models.CharField(max_length=14, choices=Kind.choices)
    ip_class = models.PositiveSmallIntegerField(help_text="1 or 2, from the kind")
    number = models.CharField(max_length=60)
    title = models.CharField(max_length=200, blank=True)
    obtained = models.CharField(max_length=12, choices=Obtained.choices)
    transferred_on = models.DateField(null=True, blank=True)
    granted_on = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    holder_rank = models.PositiveSmallIntegerField(default=1)
    high_value = models.BooleanField(default=False)
    related = models.BooleanField(null=True, blank=True, help_text="to the leading product")
    applied = models.BooleanField(null=True, blank=True, help_text="applied in practice")
    benefit = models.BooleanField(null=True, blank=True, help_text="economic benefit produced")
    disputed = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["enterprise", "number"], name="no_right_twice_for_an_enterprise"
            ),
            models.CheckConstraint(
                condition=models.Q(ip_class__in=[1, 2]), name="ip_class_is_1_or_2"
            ),
        ]


class Award(Fact):
    """A prize: science awards, contests (奖励)."""

    class Kind(models.TextChoices):
        SCIENCE = "science", _("science and technology award")
        QUALITY = "quality", _("quality award")
        MAKER_TOP50 = (
            "maker_top50",
            _("Maker in China, national top 50 enterprise group"),
        )
        MAKER_TOP500 = (
            "maker_top500",
            _("Maker in China, national top 500 enterprise group"),
        )
        OTHER = "other", _("other")

    kind = models.CharField(max_length=14, choices=Kind.choices)
    level = models.CharField(max_length=14, choices=Level.choices)
    name = models.CharField(max_length=200, blank=True)
    unit_rank = models.PositiveSmallIntegerField(null=True, blank=True)
    awarded_on = models.DateField(help_text="date on the certificate")


class RdInstitution(Fact):
    """A research body of the enterprise, own or joint (研发机构)."""

    name = models.CharField(max_length=200)
    level = models.CharField(max_length=14, choices=Level.choices)
    own = models.BooleanField(default=True)
    recognised_on = models.DateField()
    valid_to = models.DateField(null=True, blank=True)


class Certificate(Fact):
    """A management-system or product certificate (认证)."""

    class Kind(models.TextChoices):
        SYSTEM = "system", _("management system")
        PRODUCT = "product", _("product")

    kind = models.CharField(max_length=10, choices=Kind.choices)
    name = models.CharField(max_length=200)
    foreign = models.BooleanField(default=False, help_text="by a developed country or region")
    issued_on = models.DateField()
    valid_to = models.DateField(null=True, blank=True)


class StandardPart(Fact):
    """A part taken in drafting a standard (参与标准制修订)."""

    level = models.CharField(max_length=14, help_text="international | national | industry | …")
    name = models.CharField(max_length=200)
    unit_rank = models.PositiveSmallIntegerField()
    published_on = models.DateField()


class EquityRound(Fact):
    """Equity money paid in (股权融资)."""

    paid_on = models.DateField()
    amount = models.BigIntegerField(help_text="fen, paid in")
    investor = models.CharField(max_length=200, blank=True)
    qualified = models.BooleanField(help_text="a qualified institutional investor")
    shares_given = models.PositiveIntegerField(help_text="ppm of all shares")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(amount__gte=0), name="equity_amount_is_not_negative"
            )
        ]


class MajorEvent(Fact):
    """An accident or breach that bars from a title (重大事件)."""

    class Kind(models.TextChoices):
        SAFETY = "safety", _("production safety accident")
        NETWORK = "network", _("network or data security event")
        ENVIRONMENT = "environment", _("environmental violation")
        QUALITY = "quality", _("quality problem")
        INDUSTRY_RULES = "industry_rules", _("breach of industry rules")
        TAX = "tax", _("tax evasion")
        RESEARCH = "research", _("research dishonesty")

    class Weight(models.TextChoices):
        ORDINARY = "ordinary", _("ordinary")
        LARGER = "larger", _("larger")
        MAJOR = "major", _("major")

    kind = models.CharField(max_length=16, choices=Kind.choices)
    weight = models.CharField(max_length=10, choices=Weight.choices)
    happened_on = models.DateField()
    note = models.TextField(blank=True)


class Document(models.Model):
    """A file that proves something (佐证材料); checked by content and size."""

    enterprise = models.ForeignKey(Enterprise, on_delete=models.CASCADE, related_name="documents")
    file = models.FileField(upload_to="%Y/%m")
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=80)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    valid_to = models.DateField(null=True, blank=True, help_text="last valid day, if it has one")
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    uploaded_at = models.DateTimeField(auto_now_add=True)

    objects = OfEnterpriseQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.name


class Proof(models.Model):
    """That a document proves one figure or fact of an enterprise (证明关系).

    `subject` names it: "report:2025:revenue", "ip:17", "award:3", "criterion:lg_2026:L26-4".
    """

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="proofs")
    subject = models.CharField(max_length=80)
    page = models.CharField(max_length=40, blank=True, help_text="page or line")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["document", "subject"], name="a_document_proves_a_thing_once"
            )
        ]


class Change(models.Model):
    """One change of a record: who, what, before and after, why (变更记录)."""

    enterprise = models.ForeignKey(Enterprise, on_delete=models.CASCADE, related_name="changes")
    subject = models.CharField(max_length=80)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    reason = models.CharField(max_length=300, blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)

    objects = OfEnterpriseQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["made_at"], name="change_made_at")]  # what a day undoes


class Touch(models.Model):
    """A mark that facts of an enterprise changed since it was last judged (待重评标记).

    Triggers of the database leave one with every change of a row that facts come from.
    """

    enterprise_id = models.BigIntegerField()
    run_id = models.BigIntegerField(null=True, help_text="the judging run that took it up")


class StagedImport(models.Model):
    """A file on its way in: mapped, checked row by row, then committed whole (导入)."""

    class Kind(models.TextChoices):
        ENTERPRISES = "enterprises", _("enterprises")
        REPORTS = "reports", _("annual reports")

    class Status(models.TextChoices):
        CHECKED = "checked", _("checked")
        COMMITTED = "committed", _("committed")
        DISCARDED = "discarded", _("discarded")

    kind = models.CharField(max_length=12, choices=Kind.choices)
    status = models.CharField(max_length=10, choices=Status.choices)
    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    file = models.FileField(upload_to="imports/%Y/%m", blank=True)
    mapping = models.JSONField(default=dict)
    counts = models.JSONField(default=dict, help_text="rows by outcome")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)
    committed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]


class ImportRow(models.Model):
    """What became of one row of an import (导入行); rows without remark are only counted."""

    class Outcome(models.TextChoices):
        WARNED = "warned", _("accepted with a warning")
        REFUSED = "refused", _("refused")

    staged = models.ForeignKey(StagedImport, on_delete=models.CASCADE, related_name="rows")
    line = models.PositiveIntegerField()
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    field = models.CharField(max_length=60, blank=True)
    value = models.CharField(max_length=300, blank=True)
    message = models.TextField()

    class Meta:
        ordering = ["staged", "line"]
        indexes = [models.Index(fields=["staged", "outcome"], name="import_row_outcome")]
