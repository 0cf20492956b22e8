"""The names that the example firm is made of, all invented; its domains are reserved ones (RFC 2606)."""

from typing import NamedTuple

FIRM = "Harlow Finch Architects"

FIRST_NAMES = [
    "Adaeze",
    "Alma",
    "Anders",
    "Anita",
    "Beatrix",
    "Bruno",
    "Camille",
    "Cedric",
    "Clara",
    "Dalia",
    "Declan",
    "Edith",
    "Elio",
    "Esther",
    "Farid",
    "Flora",
    "Gideon",
    "Greta",
    "Hana",
    "Hugo",
    "Imani",
    "Ines",
    "Ivo",
    "Jasper",
    "Jonah",
    "Judith",
    "Kaito",
    "Karin",
    "Leila",
    "Leon",
    "Lucia",
    "Magnus",
    "Mara",
    "Milo",
    "Nadia",
    "Nils",
    "Noor",
    "Olive",
    "Oscar",
    "Petra",
    "Quentin",
    "Rosa",
    "Ruben",
    "Selma",
    "Silas",
    "Tamsin",
    "Theo",
    "Uma",
    "Viktor",
    "Wanda",
]
LAST_NAMES = [
    "Abbott",
    "Arroyo",
    "Bellamy",
    "Birch",
    "Calloway",
    "Castellan",
    "Dunmore",
    "Eastwood",
    "Falk",
    "Garrity",
    "Halloran",
    "Ibarra",
    "Jessop",
    "Kessler",
    "Langford",
    "Marchetti",
    "Northcott",
    "Okafor",
    "Pemberton",
    "Quill",
    "Rasmussen",
    "Sandoval",
    "Thackeray",
    "Underhill",
    "Vance",
    "Whitlock",
    "Yarrow",
    "Zeller",
]


class ClientName(NamedTuple):
    name: str
    domain: str
    street: str
    city: str
    state: str
    zip: str
    country: str = "United States"


CLIENTS = (
    ClientName(
        "Alder Creek School District", "aldercreek-schools", "400 Larkspur Way", "Eugene", "OR", "97401"
    ),
    ClientName("Ashgrove Medical Center", "ashgrove-medical", "1200 Summit Ave", "Spokane", "WA", "99201"),
    ClientName("Banyan Hospitality Group", "banyanhospitality", "88 Ocean Dr", "San Diego", "CA", "92101"),
    ClientName(
        "Bellweather Arts Foundation", "bellweather-arts", "17 Gallery Row", "Portland", "OR", "97205"
    ),
    ClientName("Birchfield County", "birchfieldcounty", "1 Courthouse Sq", "Yakima", "WA", "98901"),
    ClientName("Blue Heron Housing Trust", "blueheronhousing", "310 Mill St", "Tacoma", "WA", "98402"),
    ClientName("Bramble & Stone Brewing", "bramblestone", "55 Foundry Ln", "Bend", "OR", "97701"),
    ClientName("Cascade Community College", "cascadecc", "7000 College Blvd", "Vancouver", "WA", "98661"),
    ClientName("Cedar Row Developments", "cedarrow", "901 Market St", "Seattle", "WA", "98101"),
    ClientName("City of Marlowe", "cityofmarlowe", "200 City Hall Plz", "Marlowe", "OR", "97321"),
    ClientName("Clearwater Credit Union", "clearwatercu", "640 Front St", "Boise", "ID", "83702"),
    ClientName("Copperline Transit Authority", "copperlinetransit", "15 Depot Rd", "Reno", "NV", "89501"),
    ClientName("Crestview Senior Living", "crestviewliving", "2300 Hilltop Rd", "Medford", "OR", "97504"),
    ClientName("Dovetail Workplaces", "dovetailworkplaces", "77 Howard St", "San Francisco", "CA", "94105"),
    ClientName("Eastbank Library Consortium", "eastbanklibraries", "12 Reading Ct", "Salem", "OR", "97301"),
    ClientName("Emberly Children's Museum", "emberlymuseum", "5 Carousel Way", "Denver", "CO", "80202"),
    ClientName(
        "Fairhaven University", "fairhaven-university", "1 University Cir", "Bellingham", "WA", "98225"
    ),
    ClientName("Fallon Ridge Vineyards", "fallonridge", "4800 Vineyard Rd", "McMinnville", "OR", "97128"),
    ClientName("Foxglove Montessori", "foxglovemontessori", "29 Garden Ct", "Corvallis", "OR", "97330"),
    ClientName("Granite Peak Outfitters", "granitepeak", "610 Alpine Dr", "Missoula", "MT", "59801"),
    ClientName("Harbor Light Ministries", "harborlight", "333 Pier Ave", "Astoria", "OR", "97103"),
    ClientName("Hawthorne Biosciences", "hawthornebio", "4100 Research Pkwy", "San Jose", "CA", "95134"),
    ClientName("Ironwood Logistics", "ironwoodlogistics", "9000 Terminal Way", "Sparks", "NV", "89431"),
    ClientName("Juniper Flats Hotel Co.", "juniperflats", "21 Canyon Rd", "Santa Fe", "NM", "87501"),
    ClientName("Kestrel Aerospace", "kestrelaero", "7500 Airfield Dr", "Everett", "WA", "98204"),
    ClientName("Lakeshore Pediatrics", "lakeshorepediatrics", "140 Lakeview Ave", "Kirkland", "WA", "98033"),
    ClientName("Lantern Street Theater", "lanternstreet", "418 Lantern St", "Ashland", "OR", "97520"),
    ClientName(
        "Maple Leaf Innovation Park", "mapleleafpark", "250 King St W", "Toronto", "ON", "M5H 1J8", "Canada"
    ),
    ClientName("Meridian Data Centers", "meridiandata", "1600 Fiber Ln", "Hillsboro", "OR", "97124"),
    ClientName("Northgate Public Schools", "northgate-schools", "505 Elm St", "Olympia", "WA", "98501"),
    ClientName(
        "Oakmoor Capital Partners", "oakmoorcapital", "1 Embarcadero Ctr", "San Francisco", "CA", "94111"
    ),
    ClientName("Pinecrest Veterinary Hospital", "pinecrestvet", "860 Pine St", "Redding", "CA", "96001"),
    ClientName("Quarry Bay Aquarium", "quarrybay", "2 Harbor Blvd", "Monterey", "CA", "93940"),
    ClientName("Redstone Tribal Housing", "redstonehousing", "70 Mesa Rd", "Flagstaff", "AZ", "86001"),
    ClientName("Riverbend Fire District", "riverbendfire", "45 Station Rd", "Springfield", "OR", "97477"),
    ClientName("Saltmarsh Coffee Roasters", "saltmarshcoffee", "19 Dock St", "Newport", "OR", "97365"),
    ClientName("Sterling & Wray Law", "sterlingwray", "1000 SW Broadway", "Portland", "OR", "97205"),
    ClientName(
        "Thistledown Films", "thistledownfilms", "3 Studio Mews", "London", "", "E2 8DD", "United Kingdom"
    ),
    ClientName("Upland Regional Airport", "uplandairport", "1 Terminal Loop", "Pasco", "WA", "99301"),
    ClientName("Willow & Vale Homes", "willowvale", "260 Orchard Ln", "Hood River", "OR", "97031"),
)

BUILDINGS = [
    "Annex",
    "Library",
    "Clinic",
    "Headquarters",
    "Gymnasium",
    "Lobby Renovation",
    "Master Plan",
    "Parking Structure",
    "Science Wing",
    "Residences",
    "Performance Hall",
    "Welcome Center",
    "Laboratory Fit-Out",
    "Dining Commons",
    "Courtyard",
    "Seismic Upgrade",
    "Roof Replacement",
    "Training Center",
    "Early Learning Center",
    "Workshop",
]


class Phase(NamedTuple):
    code: str
    name: str
    tasks: tuple[str, ...] = ()


PHASES = (
    Phase("01", "Pre-Design"),
    Phase("02", "Schematic Design"),
    Phase("03", "Design Development", ("Architecture", "Interiors")),
    Phase("04", "Construction Documents", ("Architecture", "Interiors", "Specifications")),
    Phase("05", "Bidding and Negotiation"),
    Phase("06", "Construction Administration"),
)
CONSULTANTS = (
    "Brightwell Structural Engineers",
    "Corvid Mechanical",
    "Lumen Lighting Design",
    "Tarn Civil Engineering",
    "Fern & Gravel Landscape",
    "Acumen Cost Consulting",
)
EXPENSES = (
    "Reproduction and plotting",
    "Travel to site, mileage",
    "Renderings and models",
    "Permit fees advanced",
    "Courier and postage",
)
ROLES = (("Principal", 285), ("Project Manager", 215), ("Project Architect", 178), ("Designer", 132))
