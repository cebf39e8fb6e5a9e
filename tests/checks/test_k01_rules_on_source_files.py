"""K01: rules that read one source file at a time each catch a planted violation, and nothing else."""

from pathlib import Path

from guia.checks import function_length, module_docstring, module_length, settings_docs


def planted(project: Path, text: str) -> Path:
    file = project / "src/guia/planted.py"
    file.write_text(text)
    return file


def test_the_small_project_is_in_order(project: Path) -> None:
    for rule in (module_docstring, module_length, function_length, settings_docs):
        assert list(rule.check(project)) == []


def test_a_module_without_docstring_is_found(project: Path) -> None:
    file = planted(project, "x = 1\n")
    (finding,) = module_docstring.check(project)
    assert finding.file == file
    assert finding.text(project).startswith("src/guia/planted.py:1: ")
    assert finding.remedy


def test_401_lines_are_too_many_and_400_are_not(project: Path) -> None:
    planted(project, '"""Long."""\n' + "x = 1\n" * 399)
    assert list(module_length.check(project)) == []
    planted(project, '"""Long."""\n' + "x = 1\n" * 400)
    (finding,) = module_length.check(project)
    assert "401" in finding.message


def test_a_function_of_61_lines_is_found_at_its_line(project: Path) -> None:
    planted(project, '"""F."""\n\n\ndef long():\n' + "    x = 1\n" * 60)
    (finding,) = function_length.check(project)
    assert finding.line == 4
    assert "long has 61 lines" in finding.message


def test_a_method_counts_like_a_function(project: Path) -> None:
    planted(project, '"""F."""\nclass C:\n    async def long(self):\n' + "        x = 1\n" * 60)
    assert len(list(function_length.check(project))) == 1


def test_inner_functions_count_for_themselves(project: Path) -> None:
    inner = "".join(f"    @mark\n    def f{i}():\n" + "        x = 1\n" * 30 for i in range(3))
    planted(project, f'"""F."""\ndef outer():\n{inner}    return f0\n')
    assert list(function_length.check(project)) == []
    planted(project, f'"""F."""\ndef outer():\n{inner}' + "    x = 1\n" * 60)
    assert [f.message.split()[0] for f in function_length.check(project)] == ["outer"]


def test_an_undocumented_variable_is_found_where_it_is_read(project: Path) -> None:
    file = planted(project, '"""V."""\nimport os\nx = os.environ["GUIA_SECRET_PLACE"]\n')
    (finding,) = settings_docs.check(project)
    assert (finding.file, finding.line) == (file, 3)
    (project / "docs/settings.md").write_text("`GUIA_SECRET_PLACE`: where.\n")
    assert list(settings_docs.check(project)) == []


def test_a_documented_variable_that_nothing_reads_is_found(project: Path) -> None:
    (project / "docs/settings.md").write_text("`GUIA_GONE`: was read once.\n")
    (finding,) = settings_docs.check(project)
    assert "GUIA_GONE" in finding.message
