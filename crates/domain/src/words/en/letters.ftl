# Letters

settings-group-letters = Letters
setting-remedy-review-first = Reconsideration first
setting-remedy-optional = Reconsideration or a suit
setting-remedy-none = No clause
setting-remedy-unable = Remedies in letters that cannot provide
setting-remedy-unable-effect = For information that does not exist, is another agency's, would have to be made, stays unclear, or is had by another law. Counts for letters made from now on; issued letters do not change.
setting-remedy-unprocessed = Remedies in letters by which a request is not processed
setting-remedy-unprocessed-effect = For petitions, repeated requests, publications, excessive requests and confirmations. Counts for letters made from now on; issued letters do not change.
setting-remedy-closed = Remedies in letters that close a request
setting-remedy-closed-effect = For supplements and fees that did not come in time, and other ends. Counts for letters made from now on; issued letters do not change.

letter-word-wrong = “{ $text }” is no agency's word: 1 to { $max } Chinese characters, such as 云财.
letter-number-wrong = “{ $text }” is no document number. One is written like 云财公开复〔2026〕15号.
letter-fact-missing = “{ $name }” is missing, so the letter cannot be made. Fill it in on the page of the case and try again.
letter-review-body-missing = The organ of reconsideration is not filled in, so no remedy can be told. Fill it in among the body's entries.
letter-online-channel-missing = This letter is served through the internet, so it has to name an online way to ask for reconsideration. Fill it in.
letter-text-empty = The text is empty. Fill it in.
letter-text-long = The text is too long: at most { $max } characters.

letter-template-line = Line { $line }:{" "}
letter-template-long = The template is too long: at most { $max } characters.
letter-template-part-unknown = There is no part “{ $name }”. There are 标题, 正文 and 回执.
letter-template-part-twice = “{ $name }” stands twice. Make them one.
letter-template-part-missing = The part “== { $name }” is missing or empty.
letter-template-before-parts = Text has to stand under “== 标题”, “== 正文” or “== 回执”.
letter-template-forbidden = A template has places, conditions and lists only; “{ $text }” cannot be used.
letter-template-unknown-place = It uses a place that this kind of letter does not have. Look at the list of places, or put a condition around it.
letter-template-no-such-place = There is no place “{ $name }”. Look at the list of places.
letter-template-endless = Too many repetitions: the template did not come to an end.
letter-template-syntax = It is not written rightly: { $detail }
letter-template-empty = With the sample “{ $sample }”, the title or the text is empty.

press-no-fonts = There are no fonts, so no PDF was made. Put font files into one of these folders: { $folders }
press-no-face = There is no font for { $face }, so no PDF was made. Put one into the folder fonts of the data folder.
press-no-glyph = No font has the character “{ $character }” ({ $code }), so no PDF was made. Put a font that has it into the folder fonts of the data folder and try again.
press-failed = The PDF was not made. This is a fault of the program; please tell those who maintain it: { $reason }

letter-template-past = It cannot count from before today: letters that were issued do not change.
letter-number-settled = This number is on a letter, or void already.

action-letters-see = See letters and numbers
action-letters-issue = Take numbers and issue letters
action-letters-void = Declare a number void
action-letters-templates = See templates of letters
action-letters-templates_change = Change templates of letters
object-letter = Letter
object-letter_number = Document number
object-letter_template = Template of letters

templates-good = Checked { $count } templates; all of them can be used.
templates-faults = { $count } faults in all.
templates-none = There are no templates in this folder. They are named like denied.jinja; gongkai templates export writes those that come with the program.
templates-no-such-kind = There is no kind of letter “{ $name }”. A file is named after its kind, like denied.jinja.
templates-written = Wrote { $count } templates.

body-letters = Templates of letters
letters-title = Templates of letters: { $name }
letters-lead = How each kind of letter is worded. What was not changed has the words of the program; what was changed counts from its day on, and issued letters do not change.
letters-kinds = Letters
letters-kind = Letter
letters-basis = Basis
letters-in-force = In use now
letters-built-in = built in
letters-version = Version { $version }
letters-needs = Facts that it needs
letters-back = Letter templates
letters-sample = A sample (PDF)
letters-change = Change the template
letters-source = Template
letters-source-hint = Text stands under “== 标题” and “== 正文”, a line for each paragraph; places stand between two pairs of braces, see the list below. Remedies and signature are written by the system.
letters-from = Counts from
letters-from-hint = Such as 2026-12-01; not before today.
letters-note = Reason for the change
letters-check = Check and preview
letters-keep = Keep as a new version
letters-default = Back to the built-in words
letters-no-day = Write the day like 2026-12-01.
letters-versions = Versions
letters-one-version = Version
letters-by = Changed by
letters-at = Changed at
letters-places = Places
letters-places-lead = What a template may have. Lists are written with a loop.
letters-place = Written as
letters-meaning = Meaning
letters-preview = Preview
letters-preview-lead = Title and text made with a sample; nothing counts before it is kept.
letters-preview-line = Text

letter-numbers = Document numbers
letter-numbers-title = Document numbers of { $name }, { $year }
letter-numbers-lead = No number of a series stands twice and none is left out. One that was taken and not issued is declared void with a reason by the head of the office, and is not used again.
letter-numbers-earlier = See { $year }
letter-numbers-none = No number was taken in this year. Numbers are taken when letters are issued.
letter-number = Document number
letter-number-state = State
letter-number-issued = On a letter
letter-number-held = Taken, not issued
letter-number-void = Void
letter-number-granted = Taken at
letter-number-reason = Why it is void
letter-number-reason-hint = Goes into the audit trail, such as “the request was withdrawn, the letter did not leave”.
letter-number-make-void = Declare void
letter-number-choose = Choose the number that is to be void.
