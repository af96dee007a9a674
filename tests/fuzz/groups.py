"""What is fuzzed: every door through which bytes of strangers come in."""

from __future__ import annotations

from tests.fuzz import answers, pictures, texts
from tests.fuzz.running import Group

GROUPS = {
    group.name: group
    for group in (
        Group("pictures", pictures.make, pictures.try_opening),
        Group("prepare", pictures.make_batch, pictures.try_preparing),
        Group("zip", answers.make_zip, answers.try_zip),
        Group("caption", texts.make_caption, texts.try_caption),
        Group("project.toml", texts.make_project, texts.try_project),
        Group("config.toml", texts.make_config, texts.try_config),
        Group("selected_tags.csv", texts.make_tag_list, texts.try_tag_list),
        Group("tags_ja.tsv", texts.make_own_words, texts.try_own_words),
        Group("crops.json", texts.make_crops, texts.try_crops),
        Group("safetensors", answers.make_lora, answers.try_lora),
        Group("infotext", answers.make_infotext, answers.try_infotext),
        Group("png chunks", answers.make_chunks, answers.try_chunks),
        Group("webui lists", answers.make_lists, answers.try_lists),
        Group("webui answer", answers.make_answer, answers.try_answer),
        Group("webui progress", answers.make_progress, answers.try_progress),
        Group("webui complaint", answers.make_complaint, answers.try_complaint),
    )
}
