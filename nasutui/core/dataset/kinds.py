"""What a tag is about: hair, eyes, clothes, pose ... by its words.

Danbooru's tags say it in their last word most of the time (silver_hair, pleated_skirt); what is
about a deed says it in the first (holding_sword, looking_at_viewer). The rest is in a table.
"""

from __future__ import annotations

import functools
import re

from nasutui.core.japanese.word_lists import table, words

PEOPLE, HAIR, EYES, FACE, BODY = "people", "hair", "eyes", "face", "body"
CLOTHES, ACCESSORY, POSE, VIEW = "clothes", "accessory", "pose", "view"
PLACE, OBJECT, STYLE, RATING, OTHER = "place", "object", "style", "rating", "other"

# In the order in which a caption reads best: who, what they look like, what they wear and do, where.
KINDS = (
    PEOPLE, HAIR, EYES, FACE, BODY, CLOTHES, ACCESSORY, POSE, VIEW, PLACE, OBJECT, STYLE, OTHER,
    RATING,
)  # fmt: skip
# What belongs to a character whatever they wear or do.
OF_THE_CHARACTER = frozenset({HAIR, EYES, BODY})

_WHOLE = {
    PEOPLE: "solo solo_focus multiple_girls multiple_boys multiple_others no_humans couple crowd"
    " everyone group 1girl 1boy 1other male_focus female_focus siblings sisters twins family",
    HAIR: "ahoge bald hime_cut bob_cut drill_hair hair_between_eyes hair_over_one_eye hair_intakes"
    " hair_over_shoulder sidelocks twintails ponytail braid dreadlocks afro pixie_cut wolf_cut"
    " hair_down hair_up short_hair_with_long_locks updo bangs hair_flaps one_side_up two_side_up buzz_cut undercut",
    EYES: "heterochromia tsurime tareme sanpaku slit_pupils no_pupils empty_eyes jitome constricted_pupils"
    " ringed_eyes bags_under_eyes",
    FACE: "smile grin frown blush open_mouth closed_mouth parted_lips closed_eyes one_eye_closed"
    " half-closed_eyes tears crying angry sad happy surprised embarrassed expressionless serious"
    " smirk pout tongue tongue_out sweat sweatdrop wink laughing teeth clenched_teeth fang_out"
    " drooling saliva sleepy scared worried nervous bored naughty_face crying_with_eyes_open"
    " wide-eyed furrowed_brow v-shaped_eyebrows raised_eyebrow licking_lips nose_blush yandere",
    BODY: "breasts flat_chest abs muscular muscular_male muscular_female toned freckles"
    " fang fangs pointy_ears dark_skin pale_skin tan tanlines collarbone navel midriff cleavage"
    " ass thighs legs feet barefoot armpits hips back nipples chubby plump petite curvy tall loli"
    " shota aged_down aged_up child elf demon_girl angel monster_girl furry dark-skinned_female"
    " dark-skinned_male bare_shoulders bare_arms bare_legs mole mole_under_eye mole_under_mouth"
    " mole_on_breast scar scar_on_face facial_hair beard stubble mustache tail wings horns halo"
    " antlers animal_ears elbows knees toes stomach groin shoulder_blades fingernails sharp_teeth",
    CLOTHES: "nude naked topless bottomless underwear_only serafuku gakuran bikini swimsuit yukata"
    " kimono miko maid nurse barefoot_sandals off_shoulder sleeves_past_wrists sleeves_past_fingers"
    " no_bra no_panties no_shoes no_pants cosplay sideboob side_slit zettai_ryouiki midriff_peek"
    " crop_top tank_top undershirt t-shirt turtleneck sleeveless strapless backless frills pleats"
    " wide_sleeves long_sleeves short_sleeves puffy_sleeves detached_sleeves high_heels mary_janes"
    " playboy_bunny military formal casual plaid striped polka_dot lace-trimmed fur_trim clothes_lift"
    " shirt_lift skirt_lift open_clothes hood hood_up hood_down shirt_tucked_in tied_shirt",
    POSE: "standing sitting lying kneeling squatting walking running jumping sleeping dancing flying"
    " falling swimming bathing eating drinking reading singing fighting waving salute v w double_v"
    " peace_sign thumbs_up arms_up arm_up arms_behind_back arms_behind_head hand_up hands_up"
    " crossed_arms crossed_legs spread_legs leaning_forward leaning_back on_back on_stomach on_side"
    " all_fours wariza seiza indian_style bent_over contrapposto stretching selfie hug hugging kiss"
    " outstretched_arm outstretched_arms outstretched_hand own_hands_together hands_on_own_hips"
    " head_tilt head_rest carrying princess_carry piggyback knees_up legs_up leg_up fetal_position"
    " holding pointing grabbing midair playing_instrument adjusting_hair cooking praying battle",
    VIEW: "upper_body full_body cowboy_shot portrait lower_body close-up head_out_of_frame"
    " from_above from_below from_behind from_side from_outside dutch_angle profile wide_shot"
    " very_wide_shot straight-on pov multiple_views cropped_legs cropped_torso out_of_frame fisheye"
    " perspective foreshortening facing_viewer facing_away eye_focus depth_of_field blurry"
    " feet_out_of_frame cut-in",
    PLACE: "outdoors indoors day night sunset sunrise evening twilight sky cloud clouds cloudy_sky"
    " water ocean beach sea river lake forest tree grass snow rain mountain city cityscape street"
    " building room bedroom bathroom classroom kitchen rooftop alley window scenery landscape nature"
    " ruins space moon sun full_moon starry_sky night_sky field garden park pool onsen train stage"
    " horizon shrine church castle road bridge underwater desert stairs railing fence summer winter"
    " autumn spring_(season) wind fog sunlight moonlight light_rays reflection petals falling_petals"
    " cherry_blossoms bokeh abstract simple_background gradient backlighting floor on_bed",
    STYLE: "monochrome greyscale sketch lineart chibi comic 4koma signature watermark artist_name"
    " dated twitter_username web_address patreon_username highres absurdres traditional_media"
    " realistic retro_artstyle spot_color sepia partially_colored limited_palette border"
    " letterboxed speech_bubble english_text chinese_text korean_text text_focus"
    " official_art scan photo_(medium) 3d pixel_art watercolor_(medium) painting_(medium) parody"
    " style_parody fine_art_parody cover cover_page album_cover logo copyright_name character_name"
    " fake_screenshot meme lowres jpeg_artifacts heart star_(symbol) sparkle emphasis_lines motion_lines",
    RATING: "general sensitive questionable explicit",
}  # fmt: skip
_LAST = {
    HAIR: "hair bangs ponytail twintails braid braids bun ahoge sidelocks drills hairstyle",
    EYES: "eyes eye pupils pupil eyelashes sclera iris irises",
    FACE: "expression mouth smile blush tears lips face teeth tongue eyebrows",
    BODY: "skin breasts ears tail wings horns halo nails fingernails muscle muscles abs scar mole"
    " tattoo markings mark thighs legs feet nipples areolae navel shoulders girl boy fang claws"
    " chest ass penis pussy hands arms skindentation antenna fur scales",
    CLOTHES: "shirt skirt dress jacket coat pants shorts sweater hoodie vest uniform suit swimsuit"
    " bikini leotard bodysuit kimono yukata hakama robe cape cloak apron bra panties underwear"
    " lingerie thighhighs pantyhose socks kneehighs legwear leggings boots shoes footwear sandals"
    " slippers sneakers loafers heels sleeves clothes outfit costume armor cardigan blazer blouse"
    " camisole corset overalls jumpsuit pajamas shawl poncho sash obi buruma sarong plugsuit"
    " headdress collar cutout waist neckline garters straps strap hoods hem trim leotards"
    " fashion cosplay miniskirt midriff_baring tabard tunic gown babydoll negligee capelet print",
    ACCESSORY: "hat cap beret ribbon bow bowtie necktie tie scarf gloves glove mittens hairband"
    " headband hairclip hairpin ornament ornaments scrunchie tiara crown veil glasses sunglasses"
    " eyewear goggles mask eyepatch earrings earring necklace choker bracelet ring jewelry pendant"
    " brooch piercing belt bag backpack armband wristband anklet headphones headset helmet badge"
    " watch gauntlets bandages bandaid feather flower_ornament pouch cuffs cuff chain hood headwear"
    " neckerchief neck_ribbon ascot armlet bangle bell tassel garter headgear hairpods earpiece",
    VIEW: "shot focus view angle",
    POSE: "pose hug kiss grab carry salute gesture hold",
    PLACE: "background sky room street city field water forest tree beach weather building ruins"
    " indoors outdoors clouds night day sunset theme_park house classroom shrine ground floor",
    STYLE: "style (medium) username text name parody comic koma artwork art (style) censoring border"
    " background_characters meme commentary symbol bubble lines",
    PEOPLE: "girls boys others",
}  # fmt: skip
_FIRST = {
    POSE: "hand hands arm arms leg legs head knee knees on spread bent crossed outstretched clenched"
    " raised stretched",
    VIEW: "from pov", HAIR: "hair",
}  # fmt: skip
_DEEDS = frozenset(
    words(
        "holding looking sitting standing lying leaning reaching pointing carrying eating drinking"
        " playing riding hugging kissing grabbing touching adjusting facing covering pulling removing"
        " tying undressing licking biting"
    )
)
_ACCESSORY_FIRST = frozenset(
    ["hair_ribbon", "hair_bow", "hair_flower", "hair_ornament", "hair_tubes", "hair_rings",
     "hair_bobbles", "hair_bell", "hair_stick", "hair_beads", "hair_scrunchie", "hair_tie",
     "hair_rose", "hair_feather", "hair_tassel", "hair_leaf", "hair_chopsticks"]
)  # fmt: skip
_OBJECT_LAST = (
    "sword gun weapon rifle knife umbrella book cup phone food fruit flower flowers rose chair bed"
    " table desk bottle instrument guitar microphone animal cat dog bird fish doll plushie toy"
    " car vehicle box plate fork spoon staff wand polearm spear shield bow_(weapon) arrow ball"
    " balloon candle lantern pen pencil paper card camera drink cake cookie candy leaf plant"
)


_WHOLE_KINDS = table(_WHOLE)
_LAST_KINDS = {**table({OBJECT: _OBJECT_LAST}), **table(_LAST)}
_FIRST_KINDS = table(_FIRST)
_COUNTED = re.compile(r"[1-9]\d*\+?(girl|boy|other)s?")
_FACE_MARKS = re.compile(r"[^a-z]*[a-z]?[^a-z]*")


@functools.cache
def kind_of(key: str) -> str:
    """The kind of a tag with this key: one of KINDS."""
    if key in _WHOLE_KINDS:
        return _WHOLE_KINDS[key]
    if _COUNTED.fullmatch(key):
        return PEOPLE
    if key.removeprefix("rating:") in _WHOLE[RATING].split():
        return RATING
    if _FACE_MARKS.fullmatch(key) and not key.isdecimal() and not key.isalnum():
        return FACE
    if key in _ACCESSORY_FIRST:
        return ACCESSORY
    parts = key.split("_")
    if parts[0] in _DEEDS and len(parts) > 1:
        return POSE
    if "(cosplay)" in parts:
        return CLOTHES
    return _LAST_KINDS.get(parts[-1]) or _FIRST_KINDS.get(parts[0], OTHER)
