"""What probes say on the wire, read into `content.Content`. Pure: bytes in, dataclasses out; all of it is hostile.

In order: `body` takes the compression off, `xml_tree` and `json_tree` read the text into a `tree.Tree` within limits,
`messages` tells what a request wants, `reading` makes a `Content` of an inventory, `replies` writes the answers.
Nothing else than `problems.Unreadable` comes out of any of them, and none takes more memory than `limits` allows.
"""
