# Reading files and the command line
intake-file-too-large = The file is larger than { $max } MiB and was not read. Make sure it is the report itself, or split it.
intake-unpacked-too-large = The file unfolds to more than { $max } MiB and was not read. It may be damaged or malicious.
intake-too-many-entries = The archive holds more than { $max } files and was not read.
intake-too-many-pages = More than { $max } pages; not read. Take the report's own pages.
intake-too-many-cells = More than { $max } cells, columns or lines; not read.
intake-too-deep = Tables are nested deeper than { $max }; not read.
intake-out-of-time = Reading took longer than allowed and was stopped.
intake-encrypted = The file has a password. Remove it and try again.
intake-no-text-layer = This PDF has pictures and no text layer. Nothing is guessed; provide one with text, or recognise and proofread it first.
intake-unsupported-kind = Files of this kind ({ $kind }) are not read. Save it as DOCX, XLSX, PDF or a web page.
intake-damaged = The { $kind } file is damaged or incomplete: { $reason }. Download or save it again.
intake-empty = There is nothing in the file.
