"""The kinds of story, written as templates (the notation is in `_templates`).

Each choice is made where its words appear, and the chosen word recurs later: a name, a pronoun, the thing
that a person carries, the fruit that was bought. These recurrences have no entropy, so a model must recall
them to reach the floor. A quotation never starts with a name, so that every name has its leading space and is
one token.
"""

from utils.story_world._grammar import Alternatives, Node
from utils.story_world._templates import template
from utils.story_world._words import POOLS

OPENING = template(
    """
    [One {weather=weather} {time=times}|On {day=days} {time=dayparts}|One {time=times} in {month=months}
    |On a {weather=weather} {time=dayparts} in {month=months}|Late one {weather=weather} {time=times}],
    """,
    POOLS,
)
RULES: dict[str, Node] = {"opening": OPENING}


def _read(source: str) -> Node:
    return template(source, POOLS, RULES)


def _either(source: str) -> Alternatives:
    """Return a choice of two versions of a template: X is slot a and Y is b, or the other way round."""
    return Alternatives(
        [_read(source.replace("{X", x).replace("{Y", y)) for x, y in (("{a", "{b"), ("{b", "{a"))]
    )


# Two people, a man and a woman: the noun of each "his" and "her" is several sentences back.
RULES["days_work"] = _either("{X.he} {X.work} and {Y.he} {Y.work}.")
RULES["loss"] = _either("""
    {X.he} [lost|dropped|forgot] {X.his} {X.thing}. "[Where is|Have you seen] my {X.thing}?" {X.he}
    [asked|cried]. {Y_name} [looked|searched] [behind|near|beside] the {look=looks} {spot=spots} and
    found it. "Here is your {X.thing}, {X_name}," {Y.he} said.
    {X.He} [smiled|laughed|bowed] and gave {Y.him} a {ripe=ripe} {gift=fruits}.
    "You are a {good=goods} {Y}, {Y_name}," {X.he} said.
""")
MEETING = _read("""
    <opening> a {mood=moods} {a=characters} called {a_name=a.names} met a {mood=moods} {b=a.others}
    called {b_name=b.names} [near|behind|beside|outside] the {place=places}.
    They [talked|argued|joked|wondered] about the {topic=topics} and the {other=topics-topic}.
    Every {day=days} <days_work> On the way [home|back|down|north] <loss>
    Then the {a} and the {b} [ate|shared|bought] {supper=suppers} [together|in silence|by the fire|under the
    stars].
""")

# One life: names depend on roles, homes on their owners, and a pet runs away.
RULES["hero"] = _read("""
    [
    [Once upon a time|Once] there was a {mood=moods} {a=characters} called {a_name=a.names}. {a.He} lived
    {a.home}
    |
    Long ago {a_name=names} was a {mood=moods} {a=a_name.roles}. {a.He} lived {a.home}
    |
    {Word home=homes} lived a {mood=moods} {a=home.people} called {a_name=a.names}. {a.He} lived there
    ]
""")
LIFE = _read("""
    <hero> with {a.his} {b=a.family}, who {b.work}.
    {a.He} had a {look=looks} {colour=colours} {a.thing} and a {good=goods} {pet=pets} called
    {pet_name=pet_names}. Every {time=times} {a.he} {a.work}, and the {pet} [slept|played|rested|waited]
    {pet.home}. One {day=days} {pet_name} was gone. {a.He} looked {at place=places} and {a.his} {b} looked
    {at other=places-place}. At last they heard {pet.it} [near|behind|beside] the {spot=spots}. {pet.It}
    {pet.sound} {voice=sounds} at {a.his} {colour} {a.thing}. "You are a {praise=animal_moods} {pet},
    {pet_name}," said {a_name}, and {a.he} gave {pet.it} {pet.food}.
""")

# Two children and their favourite games: each plays the game that he or she was said to like.
RULES["boy_and_girl"] = _read("[{a=boys} and {b=girls}|{b=girls} and {a=boys}]")
RULES["two_games"] = _either("""
    {X} [liked|loved|preferred|chose] {first=games}, but {Y} [liked|loved|preferred|chose]
    {second=games-first}. They played {first} with {n=numbers} [friends|children|boys|girls]
    [until|before|after] {meal=meals} and {X.he} won a {look=looks} {prize=stuff}. They played {second} with
    {m=numbers} [friends|children|boys|girls] [until|before|after] {meal=meals} and {Y.he} won a {look=looks}
    {gain=stuff-prize}. "[What|Which prize] did you win?" asked their {r=elders}. "I won a {prize} at
    {first}," said {X}. "I won a {gain} at {second}," said {Y}. "How {praise=praise}," {r.he}
    [said|answered|laughed].
""")
GAMES = _read("<opening> <boy_and_girl> [went|walked|hurried] to the {ground=grounds}. <two_games>")

# Their wishes and their deeds: the verb recurs in its other form.
RULES["two_wishes"] = _either("""
    {X} wanted to {first=activities} [and|but] {Y} wanted to {second=activities-first}.
    "[Be careful|Have fun|Come home soon|Take a coat]," said their {r=elders}.
    So {Y.he} {second.then} {manner=manners} {second.where} and {X.he} {first.then} {other=manners-manner}
    {first.where}. They came home {mood=evening_moods} but [tired|hungry|thirsty|wet|late], and ate
    {supper=suppers} with {more=suppers-supper}. "What did you do?" asked the {r}. "I {first.then}
    {first.where}," said {X}. "I {second.then} {second.where}," said {Y}. "On {day=days} I want to
    [{first} {first.where}|{second} {second.where}] too," {r.he} said.
""")
WISHES = _read(
    "<opening> <boy_and_girl> had [nothing to do|no work to do|no school|time to play]. <two_wishes>"
)

# Fruit bought in a number, with a colour and a taste; one of them is eaten on the way.
MARKET = _read("""
    <opening> {a=names} went to the market for {a.his} {r=elders}. {a.He} wanted {n=numbers} {ripe=ripe}
    {many f=fruits} and {one g=fruits-f} for a {dish=dishes}. The {f.many} were {f.colour} and the {g} was
    {g.colour}. A {mood=moods} {s=sellers} put them in {a.his} {colour=colours} bag with a {look=looks}
    {thing=stuff}. On the way home {a.he} met {b=a.others} {at place=places}. "May I [have|taste|try]
    {f.one}?" asked {b}. "Yes, but the {g} is for my {r}," said {a}. {b} ate the {f} {manner=manners}. "It is
    very {f.taste}," {b.he} said. At home {a.his} {r} opened the {colour} bag, made the {dish} and kept the
    {thing} [beside|behind|near] the {spot=spots}.
""")

# Animals at the farm and at the zoo: singular and plural, young, food, and the reasons for liking them.
VISIT = """
    <opening> {a=names} and {b=a.others} went to the ZOO with their {r=elders}. They saw {n=numbers}
    {mood=animal_moods} {many p=ZOO} {p.home} and one {other=animal_moods-mood} {q=ZOO-p} {q.home}. The
    {p.many} were {coat=coats} and the {q} was {other_coat=coats-coat}. {q.Young}
    [followed|watched|heard|liked] them. The {r} gave {p.food} to the {p.many} and {q.food} to the {q}.
    "Which animal did you like best?" {r.he} asked. <answers>
"""
RULES["answers"] = _either("""
    "I liked the {p.many}, because they were so {p.trait}," said {X}.
    "I liked the {q}, because {q.it} {q.sound} {voice=sounds}," said {Y}.
    At home {X} made a {look=looks} picture of the {coat} {p.many} and {Y} made a {view=looks-look} picture
    of the {other_coat} {q}.
""")
VISITS = Alternatives([_read(VISIT.replace("ZOO", place)) for place in ("farm", "zoo")])

# "Because it ...": after sitting it is the animal that is tired, after choosing it is the mat that is soft.
# The words after "it" fit only this animal or only this mat, so a reader has to resolve "it".
RULES["at_the_door"] = _read("""
    <opening> {a=names} opened the {colour=colours} door, and a {mood=animal_moods} {c=small} came in. The {c}
""")
BECAUSE = """
    [
    [sat|lay|rested|stayed] on the {t=resting} because {c.it} [
    was {f=feelings}. So {c.it} {f.then}. "You are {f}, little {c},"
    |
    {c.sound} [all day|all morning|for hours|too much]. So {c.it} slept. "You are [tired|sleepy], little {c},"
    ]
    |
    [chose|liked|loved|wanted] the {t=resting} because {t.it} {t.reason}. "You like my {t}, little {c},"
    ]
"""
RULES["care"] = _read("""
    Then {c.it} {c.sound} {voice=sounds}. {a} [brought|gave|offered] {c.it} {c.food} in a
    {look=looks} {bowl=bowls} and called {c.it} {c_name=pet_names}. In {month=months} {c_name} came back to
    the {t} with {c.young}, and {a.he} [brought|gave|offered] them {c.food} in the {bowl} too.
""")
REST = Alternatives(
    [
        _read(f"<at_the_door>{BECAUSE.rstrip()} {{a.he}} said. <care>"),
        _read(f"The {{c=small}}{BECAUSE.rstrip()} said {{a=names}}. <care>"),
    ]
)

# The two banks: the thing that they carry determines the meaning, on which the next sentences depend.
RULES["river"] = _either("""
    They sat [in the grass|under a tree|on a log|in the mud] and [watched|enjoyed|admired] the river
    [until|before|after] {meal=meals}. "The water is {w=water} today," said {X}. {Y} [caught|saw|found] a
    {look=looks} {colour=colours} fish. "Let it swim," said {X}, and the {colour} fish swam {manner=manners}
    away in the {w} water.
""")
RULES["money"] = _either("""
    They stood in a [long|short|slow|noisy] line and waited for the {mood=moods} clerk [until|before|after]
    {meal=meals}. "I have {n=numbers} coins," said {X}. "I have {m=numbers} coins," said {Y}.
    The clerk counted the {n} coins and the {m} coins {manner=manners} and locked them in a {look=looks}
    {colour=colours} box.
""")
BANKS = _read("""
    <opening> {a=names} took {a.his} [
    {item=river_things} and met {b=a.others} at the bank. <river>
    |
    {item=money_things} and met {b=a.others} at the bank. <money>
    ]
    Then {a} and {b} left the bank, went to the {place=places} and ate {supper=suppers}.
""")

# Names read out and repeated in the same order: after a name comes the name that came after it before.
FEWEST_GUESTS, MOST_GUESTS = 2, 4
FEWEST_SINGERS, MOST_SINGERS = 4, 10
MOST_REPEATS = 3


def _new_name(number: int) -> str:
    """Return the slot that picks the next name, different from those before it."""
    return f"{{n{number}=names{''.join(f'-n{earlier}' for earlier in range(number))}}}"


def _new_guest(number: int) -> str:
    """Return the slots that pick the next first name and surname, such as n0 and n0_family."""
    taken = "".join(f"-n{earlier}_family" for earlier in range(number))
    return f"{_new_name(number)} {{n{number}_family=surnames{taken}}}"


def _listed(people: list[str]) -> str:
    """Return "a, b and c"."""
    return ", ".join(people[:-1]) + f" and {people[-1]}"


def _reading(guests: int) -> str:
    """Return the template in which the host reads the guests' full names twice, then looks for one guest."""
    names = [f"{{n{number}}} {{n{number}_family}}" for number in range(guests)]
    found = "|".join(
        f'{{n{i}}} here?" {{a.he}} asked. "I am {{n{i}}} {{n{i}_family}},"' for i in range(guests)
    )
    return f"""{_listed([_new_guest(number) for number in range(guests)])}.
        "[I will read|Let me read] them again," {{a.he}} said, and read: {_listed(names)}. "Is [{found}] said
        a {{voice=voices}} voice [behind|near|beside] the {{spot=spots}}."""


def _singing(singers: int) -> str:
    """Return the template in which children sing their names: twice with a call between, or repeatedly."""
    first = " ".join(_new_name(number) for number in range(singers))
    again = " ".join(f"{{n{number}}}" for number in range(singers))
    rounds = "|".join(f" {again}" * times for times in range(1, MOST_REPEATS + 1))
    return f"""{first}[. "[Faster|Louder|Once more]," called {{n0}}, and they sang again: {again}|{rounds}].
        {{n{singers - 1}}} [laughed|smiled|bowed|waved] {{manner=manners}} and started a {{song=songs}} song
        about the {{topic=topics}}."""


RULES["guests"] = Alternatives([_read(_reading(guests)) for guests in range(FEWEST_GUESTS, MOST_GUESTS + 1)])
RULES["singers"] = Alternatives(
    [_read(_singing(singers)) for singers in range(FEWEST_SINGERS, MOST_SINGERS + 1)]
)
READING = _read("""
    <opening> a {mood=moods} {a=characters} called {a_name=a.names} read the names of {a.his} guests: <guests>
""")
SINGING = _read("""
    [<opening> the children made a ring {at place=places} and sang their names:|The children sang their names:
    |They sang:] <singers>
""")

KINDS: dict[str, tuple[float, Node]] = {
    "meeting": (1.5, MEETING),
    "life": (1.5, LIFE),
    "games": (1.0, GAMES),
    "wishes": (1.5, WISHES),
    "market": (1.0, MARKET),
    "visit": (1.5, VISITS),
    "rest": (1.0, REST),
    "banks": (1.0, BANKS),
    "reading": (1.0, READING),
    "singing": (1.5, SINGING),
}
"""Each kind of story with its weight; a kind's probability is its weight over the sum of all."""
