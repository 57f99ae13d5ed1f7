"""Invented people, artists and words for the seed. Any likeness to a living collector is chance."""

from __future__ import annotations

# The password of everybody in the demo; it protects nothing.
PASSWORD = "canvas"  # noqa: S105

# email, name, role
NORTH_LIGHT_USERS = (
    ("nora@northlight.example", "Nora Light", "owner"),
    ("bea@northlight.example", "Bea Ledger", "bookkeeper"),
    ("colin@northlight.example", "Colin Hanger", "collaborator"),
)
HARBOUR_USERS = (("hugo@harbour.example", "Hugo Pier", "owner"),)
LEDGER_USERS = (("roland@knoedler.example", "Roland Knoedler", "owner"),)

# first name, last name, company, email, street, city, postal code, country, groups
NORTH_LIGHT_CONTACTS = tuple(
    line.split("|")
    for line in """\
Amelia|Thornbury||amelia@thornbury.example|12 Larch Grove|London|NW3 5QT|United Kingdom|Collectors
Oliver|Penhallow||oliver.penhallow@example.org|3 Harbour Steps|Falmouth|TR11 3AA|United Kingdom|Collectors
Harriet|Okonjo||harriet.okonjo@example.org|44 Mill Lane|Cambridge|CB1 2AB|United Kingdom|Collectors,Newsletter
Gareth|Llewellyn||gareth@llewellyn.example|Ty Gwyn, Heol Las|Cardiff|CF10 1EP|United Kingdom|Newsletter
Isla|MacRae||isla.macrae@example.org|9 Castle Wynd|Edinburgh|EH1 2NG|United Kingdom|Collectors
Rupert|Ashdown-Vale||rupert@ashdownvale.example|The Old Rectory|Lewes|BN7 1XY|United Kingdom|Collectors
Priyanka|Deshmukh||p.deshmukh@example.org|81 Granby Row|Manchester|M1 7AB|United Kingdom|Newsletter
Thomas|Quill||tom@quill.example|5 Bindery Court|London|EC1V 9LT|United Kingdom|
Beatrix|Lovelock||bea.lovelock@example.org|17 Orchard Rise|Bath|BA1 5NR|United Kingdom|Collectors
Joseph|Adeyemi||joseph.adeyemi@example.org|6 Peckham Yard|London|SE15 4ST|United Kingdom|Newsletter
Clementine|Hartree||clem@hartree.example|2 The Paragon|Bristol|BS8 4LA|United Kingdom|Collectors
Edmund|Farrow||edmund.farrow@example.org|Farrow House|York|YO1 7HU|United Kingdom|
Fenella|Strachan||fenella@strachan.example|30 Bank Street|Glasgow|G12 8ND|United Kingdom|Newsletter
Hamish|Dunmore||hamish.dunmore@example.org|Dunmore Lodge|Perth|PH1 5TJ|United Kingdom|Collectors
Imogen|Castellan||imogen@castellan.example|18 Chapel Walk|Sheffield|S1 2PD|United Kingdom|
Jasper|Wintour||jasper.wintour@example.org|7 Quay Parade|Swansea|SA1 1SP|United Kingdom|Newsletter
Kezia|Mbeki-Rowe||kezia@mbekirowe.example|55 Albion Road|London|N16 9PP|United Kingdom|Collectors
Lachlan|Brodie||lachlan.brodie@example.org|4 Union Terrace|Aberdeen|AB10 1NJ|United Kingdom|
Marguerite|Fenwick||marguerite@fenwick.example|26 Grey Street|Newcastle|NE1 6AE|United Kingdom|Collectors
Nathaniel|Voss||nat.voss@example.org|Unit 4, Dye Works|Leeds|LS10 1JR|United Kingdom|Newsletter
Orla|Kinsella||orla.kinsella@example.org|15 Botanic Avenue|Belfast|BT7 1JG|United Kingdom|
Percival|Tremayne||percy@tremayne.example|Tremayne Barton|Truro|TR1 2HX|United Kingdom|Collectors
Rosalind|Achebe||rosalind.achebe@example.org|70 Ladbroke Hill|London|W11 3BT|United Kingdom|Collectors,Newsletter
Silas|Northcott||silas@northcott.example|8 Cathedral Close|Exeter|EX1 1EZ|United Kingdom|
Tabitha|Greenhalgh||tabitha.greenhalgh@example.org|33 Water Street|Liverpool|L2 8TD|United Kingdom|Newsletter
Una|Fairweather||una@fairweather.example|1 Beacon Cottages|Whitby|YO21 3PU|United Kingdom|
Violet|Sandringham-Cole||violet@sandringhamcole.example|21 Royal Crescent|Brighton|BN2 1TQ|United Kingdom|Collectors
Winston|Baptiste||winston.baptiste@example.org|14 Coldharbour Place|London|SW9 8LF|United Kingdom|Collectors
Zara|Haldane||zara.haldane@example.org|10 Marchmont Gardens|Edinburgh|EH9 1HF|United Kingdom|Newsletter
John|Smith||j.smith@smithcollects.example|2 Abbey Mews|Bath|BA2 4DX|United Kingdom|Collectors
Priya|Raman||priya.raman@example.com|19 London Road|Leicester|LE2 0QB|United Kingdom|Collectors
||Gilt Trip Framers|frames@gilttrip.example|40 Carver Street|Birmingham|B1 3AS|United Kingdom|
||Hotel Meridian plc|purchasing@meridian.example|1 Meridian Way|London|SE10 0ER|United Kingdom|Corporate
Derek|Salt|Saltmarsh Interiors Ltd|derek@saltmarsh.example|9 Staithe Lane|Norwich|NR1 1EE|United Kingdom|Corporate,Trade
||Bramble & Finch LLP|office@bramblefinch.example|60 Chancery Row|London|WC2A 1AA|United Kingdom|Corporate
||The Lantern Room|hello@lanternroom.example|5 Neal's Passage|London|WC2H 9DP|United Kingdom|Trade
||Kestrel Capital Partners|art@kestrelcapital.example|12 Threadneedle Walk|London|EC2R 8AY|United Kingdom|Corporate
||St Brannock's Hospice|fundraising@stbrannocks.example|Hill Road|Barnstaple|EX31 4JB|United Kingdom|
||Weir & Daughters|studio@weirdaughters.example|The Boathouse|Henley|RG9 1AZ|United Kingdom|Trade
Maud|Ellery|Ellery Architects|maud@ellery.example|3 Concrete Lane|London|E2 8HD|United Kingdom|Corporate
||Museum of the Estuary|registrar@estuarymuseum.example|Dock Road|Hull|HU1 1TU|United Kingdom|Institutions
Anneliese|Brandt||anneliese.brandt@example.net|Lindenweg 8|Hamburg|20095|Germany|Collectors
Matteo|Ferrante||matteo.ferrante@example.net|Via del Moro 14|Florence|50123|Italy|Collectors
Solène|Marchetti||solene.marchetti@example.net|22 quai des Brumes|Nantes|44000|France|Collectors,Newsletter
Joaquín|Ibarra||joaquin.ibarra@example.net|Calle del Olmo 3|Bilbao|48001|Spain|Collectors
Saoirse|Ní Bhriain||saoirse@nibhriain.example|4 Strand Road|Galway|H91 KF20|Ireland|Collectors
||Galerie Zum Goldenen Rahmen|info@goldenerrahmen.example|Neuer Wall 77|Berlin|10115|Germany|Trade
||Fondation Aubry-Lenoir|achats@aubrylenoir.example|1 place du Marché|Lyon|69002|France|Institutions
Femke|van der Zande||femke@vanderzande.example|Prinsenkade 12|Utrecht|3511 AA|Netherlands|Collectors
Eleanor|Whitcombe||eleanor.whitcombe@example.net|118 Maple Street|Boston|02116|United States|Collectors
Kenji|Morioka||kenji.morioka@example.net|2-4-8 Aoyama|Tokyo|107-0062|Japan|Collectors
Lucía|Barragán||lucia.barragan@example.net|Av. de los Fresnos 5|Mexico City|06100|Mexico|Newsletter
Callum|Redfern||callum.redfern@example.net|7 Fig Tree Lane|Sydney|NSW 2000|Australia|Collectors
Ingrid|Solberg||ingrid.solberg@example.net|Fjordveien 9|Bergen|5003|Norway|Collectors""".splitlines()
)
# Artists pay fees through the portal, so they are contacts too: first name, last name, medium, dearest price.
ARTISTS = (
    ("Ines", "Calder", "Oil on linen", 9400),
    ("Tobias", "Rook", "Bronze", 14500),
    ("Marisol", "Quint", "Acrylic on panel", 5200),
    ("Ewan", "Strathmore", "Watercolour", 1850),
    ("Dilys", "Harcastle", "Etching", 420),
    ("Kofi", "Annancy", "Mixed media on board", 6800),
    ("Petra", "Lindqvist", "Archival pigment print", 1250),
    ("Aurelio", "Bassi", "Ceramic", 980),
)
NOUNS = ("Tide", "Orchard", "Lantern", "Estuary", "Winter", "Window", "Harbour", "Meadow", "Ladder", "Garden")
TITLES = ("{} at Dusk", "Study for {}", "{}, Looking North", "The Quiet {}", "{} No. {}", "After the {}")
SIZES = ("30 x 40 cm", "50 x 60 cm", "80 x 100 cm", "120 x 150 cm", "21 x 29.7 cm")
CONSULTANTS = ("Nora Light", "Bea Ledger", "Colin Hanger")
EURO = ("Germany", "Italy", "France", "Spain", "Ireland", "Netherlands")

HARBOUR_CONTACTS = tuple(
    line.split("|")
    for line in """\
Ruthanne|Delacroix||ruthanne@delacroix.example|41 Pearl Street|New York|10004|United States|Collectors
Wendell|Achterberg||wendell.achterberg@example.org|9 Dock Square|Hoboken|07030|United States|Newsletter
||The Cobalt Hotel|art@cobalthotel.example|300 Front Street|New York|10038|United States|Corporate
Mireille|Osei||mireille.osei@example.org|77 Atlantic Walk|Brooklyn|11201|United States|Collectors
Desmond|Yates||desmond.yates@example.org|5 Beacon Row|Providence|02903|United States|Collectors
||Quarterdeck Framing Inc.|ap@quarterdeck.example|18 Ferry Road|Jersey City|07302|United States|Trade""".splitlines()
)
