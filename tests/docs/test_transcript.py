"""The doc-runner itself: it must see what differs, or a page could promise anything."""

import pytest

from transcript import Comparison, OutputError, read_blocks

PAGE = """\
Start it:

<!-- not run: it would build an image -->
```console
$ docker build .
```

- in a list

  ```console
  $ echo one
  one
  $ printf 'a\\n' \\
    'b\\n'
  a
  b
  ```

```python
print("not a shell")
```
"""


def test_blocks_are_read_with_their_lines_outputs_and_reasons() -> None:
    left_out, run = read_blocks(PAGE)
    assert left_out.reason == "it would build an image"
    assert run.reason is None
    assert [(c.line, c.text, c.expected) for c in run.commands] == [
        (11, "echo one", "one"),
        (13, "printf 'a\\n' \\\n  'b\\n'", "a\nb"),
    ]


@pytest.mark.parametrize("block", ["```bash\nmake serve\n```", "```console\n$ ls\n"])
def test_a_block_that_cannot_be_run_is_refused(block: str) -> None:
    with pytest.raises(ValueError, match="line"):
        read_blocks(block)


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ("one\ntwo", "one\ntwo  \n"),
        ("one\n...\nfour", "one\ntwo\nthree\nfour"),
        ("one\n...\nfour", "one\nfour"),
        ("one\n...", "one\ntwo"),
        ("...", ""),
        ("id <id>, again <id>", "id 7f, again 7f"),
        ("took <*> ms", "took 12.5 ms"),
        ('{"a": 1, "b": [1, 2]}', '{"b":[1,2],"a":1}'),
        ('{\n  "a": 1,\n  ...\n}', '{"a": 1, "b": 2}'),
        ('{"a": {...}, "b": [...], "c": ...}', '{"a": {"x": 1}, "b": [1, 2], "c": null}'),
        ('{"a": [1, ..., 4]}', '{"a": [1, 2, 3, 4]}'),
        ('{"id": "<id>", "n": <n>}', '{"id": "q-1", "n": 3}'),
        (
            "HTTP/1.1 200 OK\nETag: <tag>\n...\n\n[1]",
            'HTTP/1.1 200 OK\r\nX: y\r\netag: "a"\r\n\r\n[ 1 ]',
        ),
    ],
)
def test_the_same_output_passes(expected: str, actual: str) -> None:
    Comparison().check(expected, actual)


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ("one", "two"),
        ("one", "one\ntwo"),
        ("one\ntwo", "one"),
        ("one\n...\nfour", "one\ntwo"),
        ("id <id>, again <id>", "id 7f, again 8f"),
        ("", "something"),
        ('{"a": 1}', '{"a": 1, "b": 2}'),
        ('{"a": 1, "b": 2}', '{"a": 1}'),
        ('{"a": 1}', '{"a": 2}'),
        ('{"a": 1}', '{"a": true}'),
        ('{"a": [1, 2]}', '{"a": [1, 2, 3]}'),
        ('{"a": [1, ..., 4]}', '{"a": [1]}'),
        ('{"a": {...}}', '{"a": []}'),
        ('{"a": [...]}', '{"a": {}}'),
        ('{"a": 1}', "not JSON"),
        ("HTTP/1.1 200 OK\nETag: 1\n\n[1]", "HTTP/1.1 404 NOT FOUND\r\nETag: 1\r\n\r\n[1]"),
        ("HTTP/1.1 200 OK\nETag: 1\n\n[1]", "HTTP/1.1 200 OK\r\nX: 1\r\n\r\n[1]"),
        ("HTTP/1.1 200 OK\nETag: 1\n\n[1]", "HTTP/1.1 200 OK\r\nETag: 1\r\n\r\n[2]"),
    ],
)
def test_another_output_fails(expected: str, actual: str) -> None:
    with pytest.raises(OutputError):
        Comparison().check(expected, actual)


def test_names_are_remembered_for_later_commands_and_outputs() -> None:
    page = Comparison()
    page.check('{"id": "<question>"}', '{"id": "0192-ab"}')
    assert (
        page.fill("curl /v1/questions/<question> > <other>")
        == "curl /v1/questions/0192-ab > <other>"
    )
    page.check('{"question": "<question>"}', '{"question": "0192-ab"}')
    with pytest.raises(OutputError):
        page.check('{"question": "<question>"}', '{"question": "0192-ac"}')


@pytest.mark.parametrize("text", ['{"a": 1} {"b": 2}', '{"a" 1}', '{"a": nope}', '{"a": "open}'])
def test_a_page_whose_json_is_broken_is_told_so(text: str) -> None:
    with pytest.raises(ValueError, match=r"JSON|object|Expecting"):
        Comparison().check(text, "{}")
