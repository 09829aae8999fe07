"""The card's text table: words outside captions and class names, each with its nearest words in `mini`'s text space.

python recipes/mini/nearest_words.py --data ../shared/data > table.md
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import numpy as np
from data import read_samples
from text import class_names

from imgrank.backbone.mini import load_mini

COUNT = 300
WORDS = """
abbey abundance accent acid acoustic admiral agenda algebra alliance alphabet altar ambulance anatomy ancestor
angel anger ankle anniversary antenna anthem antique apology appetite archive arena aristocrat arithmetic
armor arrogant artery ash astronomy atlas atom attic autumn avalanche awkward axis bachelor bacteria bandit
bankrupt barrister battery bible biology bitter blacksmith blind blizzard bomb bone bribe brilliant broadcast
bronze bruise budget bureau butler calcium calendar calm candidate cannon canyon capitalism carbon cargo
cartoon casino casualty cathedral cautious cavalry cemetery census ceramic ceremony champion chancellor chaos
chapel charity charming chemical chemistry chess chronic citizen civic clever climate clinic cloudy clumsy
coal coastal colony comedy comet compass composer compost conductor conflict copper coral corpse corrupt
cosmic courage courtroom coward creek crime criminal crisis crystal cubic cunning curious currency curse
cyclone cynical dairy damp dawn deadly debt decay decimal deed deer delicate delicious democracy dense dental
dentist desert desk detective dialect diamond dictator diesel digital dignity dinosaur diploma diplomat
disease dismal divine divorce doctrine donor doorway drought drowsy drug dull dust dwarf dynasty eager
earthquake eclipse ecology economy edible editor election electron elegant elite embassy emerald emotion
emperor empire enamel enemy engineer enormous envy epic epidemic equator estate eternal ethical evidence evil
exile exotic expert explosion export extinct fabric fable faint fairy faith famine farmer fashion fatal feast
feather feeble fertile festive fever fiction fierce finance firm flame flavor flood fluid foggy folklore
forensic forge formal fossil fragile freight frontier frost frozen fuel funeral fungus fury galaxy gallery
gamble gang gap garbage garlic gas gem gender gene generous genius gentle geology geometry ghost giant glacier
gloomy glory glue goddess gold gothic gourmet governor grain grammar grave gravity greedy grief groove guilt
habitat harbor harmony harsh harvest hazard healthy heaven heritage hero historian holy honest honey honor
horizon horror hostile humble humid hunger hurricane hymn hypothesis icon ideal idle illegal illness immense
immigrant infant infection inferior inflation injury insect insurance ivory jail jealous jewel journal
journalist joy judge jungle jury justice keen kidney king kingdom knight laboratory labor lava lawyer lazy
legal legend lemonade lens liberal liberty librarian library lightning linen liquid literature liver logic
lonely loyal luggage lunar lung luxury magic magnet malaria manuscript marble market marriage marsh mask
mathematics mayor meadow medal medicine medieval melody memory merchant mercury metal meteor microbe migrant
military mineral minister miracle misery mist modest monarch monk monster moral mosque mummy murder muscle
mystery myth nation navy nerve neutral noble nuclear nurse oath obesity ocean odor offspring oil opera orbit
organ orphan oxygen pain panic parliament passion patent peasant pepper perfume philosopher physics pilgrim
pirate planet plasma pleasant poem poet poison polar police polite politician poor pope pottery poverty prayer
president priest prince princess prison profit prophet protein proud province psychology queen rabbi radar
radical rebel recipe refugee religion republic revolution rich ritual robot romantic royal rubber ruby rumor
rural rust sacred saint salary salt satellite scandal scholar science scientist sculptor senate shame shy silk
silver sincere skeleton skull slave smart soil solar soldier sorrow soul soup species spice spy stomach
stubborn submarine sugar sulfur surgeon surgery swamp symphony syrup tax telescope temple tender terror
theology theory thunder timber tired tobacco tomb tornado toxic tragedy traitor treasure treaty tribe tropical
tumor tunnel twilight tyrant ugly uranium urban vaccine vampire vast velvet verdict vessel veteran vicious
victim victory village violin virus vitamin volcano vote wage warrior wealth weapon weary welfare wheat wicked
widow wisdom witch wizard wool worm worship wound wrath wrist youth zinc
"""


def outside_words(data: Path) -> list[str]:
    """The first COUNT of WORDS that no caption and no class name holds, spread over the alphabet."""
    captions = " ".join(caption.lower() for sample in read_samples(data) for caption in sample.captions)
    known = set(re.findall(r"[a-z]+", captions + " " + " ".join(class_names()[0])))
    outside = [word for word in WORDS.split() if word not in known]
    return [outside[i] for i in np.linspace(0, len(outside) - 1, COUNT).astype(int)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    args = parser.parse_args()
    backbone = load_mini()
    words = outside_words(args.data)
    everything = sorted(set(WORDS.split()))
    vectors = np.stack([backbone.encode_sentence(word).embedding for word in everything])
    print("| word | nearest |\n|---|---|")
    for word in words:
        cosines = vectors @ vectors[everything.index(word)]
        nearest = [everything[i] for i in np.argsort(-cosines) if everything[i] != word][:4]
        print(f"| {word} | {', '.join(nearest)} |")


if __name__ == "__main__":
    main()
