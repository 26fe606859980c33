"""The people, animals and things in the stories. Each name, pronoun and singular noun is one GPT-2 token with
its leading blank.

Names and pronouns depend on the gender only; home, thing and work depend on the role only. A king and a queen
therefore differ exactly as a man and a woman do, a difference that a model's embeddings can represent as a
direction.
"""

from utils.story_world._grammar import Entity, Pool

HE = {"he": "he", "He": "He", "him": "him", "his": "his", "His": "His"}
SHE = {"he": "she", "He": "She", "him": "her", "his": "her", "His": "Her"}
IT = {"it": "it", "It": "It", "its": "its"}

BOYS = (
    "Tom Ben Sam Jack Paul Peter George Oliver David Luke Arthur Omar Ali Carlos Pedro Ivan Marco "
    "Noah Raj Hassan"
)
GIRLS = (
    "Anna Lily Mary Emma Alice Rose Lucy Sarah Kate Jane Maria Sophie Emily Grace Nina Clara Amy "
    "Elena Maya Molly"
)
NAMES = tuple(f"{BOYS} {GIRLS}".split())
"""The first names of all people."""

SURNAMES = (
    "Hill Wood Stone Brown Green White Field Reed Young Bell Carter Marsh Taylor Walker West Rivers "
    "Potter Moon Snow Miller"
)
PET_NAMES = "Rex Lucky Spot Coco Luna Milo Buddy Rocky Ginger Pepper Toby Sunny Patch Bruno Felix Scout"

# male, female, home, thing that they carry, work
ROLES = (
    ("king", "queen", "in a castle", "crown", "ruled the land"),
    ("prince", "princess", "in a palace", "sword", "trained a white horse"),
    ("lord", "lady", "in a great hall", "cloak", "counted gold coins"),
    ("wizard", "witch", "in a dark cave", "wand", "mixed strange potions"),
    ("actor", "actress", "near the theatre", "mask", "learned new plays"),
    ("waiter", "waitress", "above a restaurant", "tray", "served hot soup"),
    ("man", "woman", "in the city", "hat", "drove a bus"),
    ("boy", "girl", "beside the school", "ball", "chased butterflies"),
    ("father", "mother", "in a brick house", "key", "fixed old clocks"),
    ("grandfather", "grandmother", "in an old cottage", "stick", "told long stories"),
    ("uncle", "aunt", "on a farm", "hammer", "grew sweet corn"),
    ("brother", "sister", "in a small flat", "drum", "played loud music"),
    ("son", "daughter", "in a tall tower", "book", "made paper boats"),
)
CHARACTERS = (
    "king", "prince", "lord", "wizard", "actor", "waiter", "man", "boy", "father", "grandfather", "uncle",
)  # fmt: skip
ELDERS = ("father", "grandfather", "uncle")
CHILD_FAMILY = ("father", "grandfather", "uncle", "brother")
ADULT_FAMILY = ("uncle", "brother", "son")
CHILDREN = ("boy", "prince")

# one, many, young, sound, food, trait, home
ANIMALS = {
    "dog": ("dogs", "puppy", "barked", "bones", "kind", "in the yard"),
    "cat": ("cats", "kitten", "purred", "milk", "quiet", "by the fire"),
    "cow": ("cows", "calf", "mooed", "grass", "calm", "in the barn"),
    "horse": ("horses", "baby horse", "snorted", "hay", "fast", "in the stable"),
    "duck": ("ducks", "baby duck", "quacked", "bread", "funny", "on the pond"),
    "pig": ("pigs", "baby pig", "grunted", "corn", "round", "in the mud"),
    "goat": ("goats", "kid", "bleated", "leaves", "brave", "on the hill"),
    "rabbit": ("rabbits", "bunny", "jumped", "carrots", "soft", "in a hole"),
    "bird": ("birds", "chick", "chirped", "seeds", "light", "in a nest"),
    "mouse": ("mice", "baby mouse", "squeaked", "cheese", "small", "under the floor"),
    "bee": ("bees", "baby bee", "buzzed", "sugar", "busy", "in a hive"),
    "bear": ("bears", "cub", "growled", "honey", "big", "in a cave"),
    "lion": ("lions", "cub", "roared", "meat", "proud", "on a rock"),
    "monkey": ("monkeys", "baby monkey", "chattered", "bananas", "clever", "in the branches"),
    "elephant": ("elephants", "calf", "trumpeted", "fruit", "heavy", "by the lake"),
    "frog": ("frogs", "baby frog", "croaked", "flies", "green", "on a leaf"),
    "turtle": ("turtles", "baby turtle", "swam", "cabbage", "slow", "in the sand"),
    "snake": ("snakes", "baby snake", "hissed", "eggs", "long", "under a stone"),
}
FARM = "dog cat cow horse duck pig goat rabbit mouse bee"
ZOO = "bird bear lion monkey elephant frog turtle snake"
PETS = "dog cat duck pig goat rabbit bird mouse turtle"
SMALL = "dog cat duck rabbit bird mouse frog turtle"

# many, colour, taste
FRUITS = {
    "apple": ("apples", "red", "sweet"),
    "banana": ("bananas", "yellow", "soft"),
    "orange": ("oranges", "bright", "fresh"),
    "lemon": ("lemons", "yellow", "sour"),
    "pear": ("pears", "green", "sweet"),
    "plum": ("plums", "purple", "rich"),
    "peach": ("peaches", "pink", "soft"),
    "strawberry": ("strawberries", "red", "fresh"),
    "carrot": ("carrots", "orange", "crisp"),
    "tomato": ("tomatoes", "red", "rich"),
    "onion": ("onions", "white", "sharp"),
    "nut": ("nuts", "brown", "crisp"),
}

GAMES = "football chess tennis cards hockey golf rugby cricket basketball darts"

# present, past, where
ACTIVITIES = {
    "run": ("ran", "in the park"),
    "swim": ("swam", "in the lake"),
    "sing": ("sang", "in the church"),
    "dance": ("danced", "in the hall"),
    "draw": ("drew", "in the museum"),
    "paint": ("painted", "in the attic"),
    "climb": ("climbed", "in the forest"),
    "write": ("wrote", "in the library"),
    "cook": ("cooked", "in the kitchen"),
    "dig": ("dug", "in the garden"),
    "bake": ("baked", "in the bakery"),
    "sail": ("sailed", "on the sea"),
    "ride": ("rode", "in the field"),
    "skate": ("skated", "on the ice"),
}

# where an animal rests, the reason for choosing that place
RESTING_PLACES = {
    "mat": "felt soft",
    "rug": "kept out the cold",
    "sofa": "was wide",
    "bench": "stood high",
    "pillow": "smelled sweet",
    "chair": "faced the fire",
    "box": "looked safe",
    "bed": "had room",
    "floor": "stayed cool",
}

# where people go, by preposition
PLACES = {
    "in": "park market shop library garden museum forest theatre zoo village bakery",
    "on": "beach bridge farm field hill",
    "at": "school station church harbour",
    "by": "river",
}

# an animal's feeling, what it does then
FEELINGS = {
    "tired": "closed its eyes and slept",
    "cold": "shook and became warm",
    "afraid": "kept very still",
    "wet": "waited until it was dry",
    "lonely": "looked for a friend",
}


def with_article(noun: str) -> str:
    """Return "an apple", "a king": for these nouns the first letter decides the article."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def words(text: str, **forms: str) -> Pool:
    """Return an entity for each word; `forms` are the forms that they share, such as their pronouns."""
    return tuple(Entity(word=word, **forms) for word in text.split())


def _noun(noun: str, **forms: str) -> Entity:
    one = with_article(noun)
    return Entity(word=noun, one=one, One=one.capitalize(), **IT, **forms)


def _animal(noun: str) -> Entity:
    many, young, sound, food, trait, home = ANIMALS[noun]
    return _noun(
        noun,
        many=many,
        young=with_article(young),
        Young=f"A {young}",
        sound=sound,
        food=food,
        trait=trait,
        home=home,
    )


def _animals(nouns: str) -> Pool:
    return tuple(_ALL_ANIMALS[noun] for noun in nouns.split())


_ALL_ANIMALS = {noun: _animal(noun) for noun in ANIMALS}
_BOYS = words(BOYS, **HE)
_GIRLS = words(GIRLS, **SHE)


def _role(noun: str, pronouns: dict[str, str], names: Pool, row: tuple[str, ...]) -> Entity:
    _, _, home, thing, work = row
    return Entity(
        word=noun, one=with_article(noun), names=names, home=home, Home=home[0].upper() + home[1:],
        thing=thing, work=work, **pronouns,
    )  # fmt: skip


_MALE = {row[0]: _role(row[0], HE, _BOYS, row) for row in ROLES}
_FEMALE = {row[0]: _role(row[1], SHE, _GIRLS, row) for row in ROLES}


def _both(roles: tuple[str, ...]) -> Pool:
    """Return the men and the women of the given roles, which are named by their male nouns."""
    return tuple(people[role] for role in roles for people in (_MALE, _FEMALE))


def _bind_pools() -> None:
    """Give people and names their pools: the people they meet, their family, the roles of a name."""
    for people, others, names in ((_MALE, _FEMALE, _BOYS), (_FEMALE, _MALE, _GIRLS)):
        for role in CHARACTERS:
            # The other gender, so that pronouns are unambiguous, and another role: no king meets a queen.
            people[role].pools["others"] = tuple(others[other] for other in CHARACTERS if other != role)
            people[role].pools["family"] = _both(CHILD_FAMILY if role in CHILDREN else ADULT_FAMILY)
        for name in names:
            name.pools["roles"] = tuple(people[role] for role in CHARACTERS)
            name.pools["others"] = _GIRLS if names is _BOYS else _BOYS


_bind_pools()

_HOMES = tuple(
    Entity(word=_MALE[role].forms["home"], Word=_MALE[role].forms["Home"], people=_both((role,)))
    for role in CHARACTERS
)

POOLS: dict[str, Pool] = {
    "boys": _BOYS,
    "girls": _GIRLS,
    "names": _BOYS + _GIRLS,
    "surnames": words(SURNAMES),
    "pet_names": words(PET_NAMES, **IT),
    "characters": _both(CHARACTERS),
    "elders": _both(ELDERS),
    "homes": _HOMES,
    "farm": _animals(FARM),
    "zoo": _animals(ZOO),
    "pets": _animals(PETS),
    "small": _animals(SMALL),
    "fruits": tuple(_noun(one, many=row[0], colour=row[1], taste=row[2]) for one, row in FRUITS.items()),
    "games": words(GAMES),
    "activities": tuple(Entity(word=now, then=row[0], where=row[1]) for now, row in ACTIVITIES.items()),
    "resting": tuple(_noun(thing, reason=reason) for thing, reason in RESTING_PLACES.items()),
    "feelings": tuple(Entity(word=feeling, then=then) for feeling, then in FEELINGS.items()),
    "places": tuple(
        Entity(word=place, at=f"{preposition} the {place}")
        for preposition, places in PLACES.items()
        for place in places.split()
    ),
    "days": words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday"),
    "months": words("January February March April May June July August September October November December"),
    "times": words("morning afternoon evening day"),
    "dayparts": words("morning afternoon evening"),
    "weather": words("sunny rainy clear cloudy cold warm quiet bright dark grey hot mild"),
    "numbers": words("two three four five six seven eight nine ten"),
    "colours": words("red blue green black white brown golden silver yellow pink"),
    "coats": words("black white brown grey big small thin old clean wet"),
    "moods": words(
        "young happy tired proud shy kind clever wise poor rich tall brave quiet busy famous "
        "lonely gentle cheerful patient curious"
    ),
    "looks": words("new small big heavy shiny bright strange lovely plain tiny pretty fine"),
    "ripe": words("ripe fresh sweet big small cold round juicy"),
    "grounds": words("park beach field playground garden club square yard"),
    "spots": words("tree bench wall gate bush fountain cart barrel fence door well clock stone tent"),
    "topics": words(
        "weather harvest news music food garden sea moon stars wind snow sun past future mountains birds"
    ),
    "manners": words("slowly quickly happily proudly quietly gently calmly carefully cheerfully"),
    "sounds": words("softly loudly happily proudly quietly gently calmly cheerfully"),
    "goods": words("kind good brave clever wise gentle fine lovely"),
    "animal_moods": words("hungry sleepy young quiet happy tired shy proud gentle busy calm lonely"),
    "evening_moods": words("happy proud cheerful merry quiet calm pleased excited"),
    "voices": words("calm quiet loud soft deep clear small gentle"),
    "praise": words("lovely nice fine good great clever useful funny wonderful"),
    "songs": words("new funny sad happy slow quick loud merry"),
    "bowls": words("cup bowl pot glass bucket basket bottle pan"),
    "stuff": words(
        "rope lamp spoon knife map scarf coat ring letter pencil brush candle bell blanket toy violin"
    ),
    "suppers": words("bread soup rice fish pasta cheese beans cake stew potatoes meat salad"),
    "meals": words("breakfast lunch dinner supper noon"),
    "dishes": words("cake stew pie salad feast"),
    "sellers": words("farmer baker man woman boy girl"),
    "river_things": words("net rod boat bucket"),
    "money_things": words("coins money silver savings"),
    "water": words("cold clear calm deep warm wild"),
}
