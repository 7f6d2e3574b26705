"""The vocabulary of the simulated workspace: names, sentences and markup of the kind that real ones hold.

Some of it is there to hurt: quotes, tabs, backslash-N (COPY's null), markup, right-to-left text.
"""

from random import Random

GIVEN = (
    "Ada", "Zoë", "Grace", "Linus", "Nguyễn", "Björn", "Amélie", "Wei", "Olu", "Fatima", "Søren",
    "Ivana", "Mateo", "Priya", "Siobhán", "Ryō", "Chloe", "D'Arcy", "Noor", "Łukasz",
)  # fmt: skip
FAMILY = (
    "Lovelace", "O'Brien", "Müller", "山田", "García", "Nowak", "Smith", "Okafor", "Ødegård", "Văn",
    "Haddad", "Silva", "Kowalski", "Singh", "Ó Súilleabháin", "Dubois", "Rossi", "Kim", "Jones", "Ivanov",
)  # fmt: skip
MAIL_HOSTS = ("example.com", "example.org", "mail.example.net", "corp.example")
COMPANY_HEADS = (
    "Blue", "Northern", "Acme", "Quantum", "Paper", "Copper", "Silent", "Bright", "Kite", "Øre",
    "Stone", "Velvet",
)  # fmt: skip
COMPANY_TAILS = (
    "Labs",
    "Logistics",
    "& Sons",
    "GmbH",
    "Studio",
    "Foods",
    "Systems",
    "Bikes",
    "Health",
    "Co.",
)
INDUSTRIES = ("Software", "Retail", "Food & Beverages", "Banking", "Education", "Logistics")
TAG_HEADS = ("vip", "churn-risk", "bug", "billing", "feature request", "trial", "refund", "Übersetzung")
TEAM_NAMES = ("Support", "Billing", "Success", "Escalations", "Onboarding", "Sales", "Night shift")
JOB_TITLES = ("Support agent", "Team lead", "Success manager", "", "Head of support")
SEGMENT_NAMES = ("Active", "New", "Slipping away", "VIP", "Trials", "Enterprise", "No company", "Germany")
PLACES = (
    ("United States", "New York", "New York", "USA", "NA"),
    ("Germany", "Berlin", "Berlin", "DEU", "EU"),
    ("Ireland", "Leinster", "Dublin", "IRL", "EU"),
    ("Japan", "Tokyo", "Tokyo", "JPN", "AS"),
    ("Brazil", "São Paulo", "São Paulo", "BRA", "SA"),
)
SENTENCES = (
    "I cannot log in since the update.",
    "Where do I find last month's invoice?",
    "The export stops at row 1,000 &amp; then nothing happens.",
    "Thanks, that solved it! 🎉",
    "Could you please extend our trial by a week?",
    "It says <code>500 Internal Server Error</code> on the checkout page.",
    'See <a href="https://example.com/help?a=1&amp;b=2">our guide</a> for the steps.',
    "We have moved your request to the billing team.",
    "Ça ne marche pas non plus sur mobile.",
    "שלום, אפשר עזרה בבקשה?",
    "お世話になっております。",
    "The path is C:\\new\\temp and the value is \\N.",
    'He said "it is urgent", and I believe him.',
    "Column one\tcolumn two<br>line two",
    "Any news on this?",
    "I am handing you over to a colleague.",
    '<img src="https://example.com/shot.png" width="300"> This is what I see.',
    "<script>alert('x')</script>",
    "Price went from €49 to €59; why?",
    "Works on Chrome 👩‍💻 but not on Safari.",
)
TITLES = (
    "Login broken",
    "Invoice question",
    "Export stops",
    "Trial extension",
    "Checkout error 500",
    "Hello",
)


def person(rng: Random) -> str:
    """A full name."""
    return f"{rng.choice(GIVEN)} {rng.choice(FAMILY)}"


def body(rng: Random) -> str:
    """HTML of one to four sentences, in one or two paragraphs, as the Messenger makes it."""
    # Not `choice`: it is four times slower, and bodies are most of what is made.
    chance, count = rng.random, len(SENTENCES)
    sentences = [SENTENCES[int(chance() * count)] for _ in range(1 + int(chance() * 4))]
    if len(sentences) > 2:
        return f"<p>{' '.join(sentences[:2])}</p>\n<p>{' '.join(sentences[2:])}</p>"
    return f"<p>{' '.join(sentences)}</p>"
