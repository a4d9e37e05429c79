"""Korean particles follow what is read aloud: syllables, numerals, letters, words in Latin letters, and brackets."""

from __future__ import annotations

import pytest

from kairos.app.render.josa import with_particle


@pytest.mark.parametrize(
    "text, pair, right",
    [
        ("봄이", "은/는", "봄이는"),
        ("여름", "은/는", "여름은"),
        ("가을", "이/가", "가을이"),
        ("나무", "을/를", "나무를"),
        ("장미꽃", "과/와", "장미꽃과"),
        ("민서", "와/과", "민서와"),  # in either order
        ("부산", "으로/로", "부산으로"),
        ("서울", "으로/로", "서울로"),  # ㄹ is a final consonant, but not before 로
        ("서울", "이에요/예요", "서울이에요"),
        ("커피", "이에요/예요", "커피예요"),
        ("유진", "아/야", "유진아"),
    ],
)
def test_a_syllable_asks_for_the_particle_of_its_final_consonant(text: str, pair: str, right: str) -> None:
    assert with_particle(text, pair) == right


@pytest.mark.parametrize(
    "text, right",
    [
        *(("0", "0으로"), ("1", "1로"), ("2", "2로"), ("3", "3으로"), ("6", "6으로"), ("7", "7로"), ("9", "9로")),
        *(("10", "10으로"), ("2,000", "2,000으로"), ("50000", "50000으로"), ("1000000000000", "1000000000000로")),
        *(("3.5", "3.5로"), ("10,000원", "10,000원으로"), ("20%", "20%로")),
    ],
)
def test_a_numeral_is_read_in_sino_korean(text: str, right: str) -> None:
    assert with_particle(text, "으로/로") == right


@pytest.mark.parametrize(
    "text, right",
    [
        *(("VIP", "VIP가"), ("SMS", "SMS가"), ("LCM", "LCM이"), ("L", "L이"), ("A", "A가")),
        *(("Robert", "Robert가"), ("Jane", "Jane이"), ("Kate", "Kate가"), ("Scott", "Scott이"), ("book", "book이")),
        *(("Apple", "Apple이"), ("spring", "spring이"), ("Tom", "Tom이"), ("cafe", "cafe가")),
    ],
)
def test_latin_letters_are_read_by_name_and_words_as_korean_writes_them(text: str, right: str) -> None:
    assert with_particle(text, "이/가") == right


def test_brackets_and_quotes_at_the_end_are_passed_over() -> None:
    assert with_particle("봄날(Spring Day)", "은/는") == "봄날(Spring Day)은"
    assert with_particle("“나무”", "은/는") == "“나무”는"
    assert with_particle("정말?!", "은/는") == "정말?!은"


@pytest.mark.parametrize("text", ["", "🌸", "春", "!?"])
def test_both_forms_are_written_where_nobody_can_say(text: str) -> None:
    assert with_particle(text, "은/는") == f"{text}은(는)"
    assert with_particle(text, "으로/로") == f"{text}(으)로"
    assert with_particle(text, "이에요/예요") == f"{text}이에요(예요)"


def test_what_is_no_particle_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="no particle is written 은는; there are: 은/는, 이/가"):
        with_particle("봄", "은는")
