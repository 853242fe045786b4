# Requests: the application, the steps, the casework

applicant-natural_person = Natural person
applicant-commercial_enterprise = Commercial enterprise
applicant-research_institution = Research institution
applicant-public_welfare = Public welfare organization
applicant-legal_service = Legal service organization
applicant-other = Other organization

receiving-post = By post
receiving-mail = By e-mail
receiving-fax = By fax
receiving-pick_up = Picked up
receiving-reading = Read and copied on the spot
receiving-portal = Downloaded from the tracking page
medium-paper = Paper
medium-electronic = Electronic document
medium-disc = Disc or the like

way-online = Online
way-counter = At the counter
way-oral = Orally
way-signed_post = By post, signed for
way-unsigned_post = By ordinary letter
way-misdirected_post = Sent to another unit or person and passed on
way-fax = By fax
way-mail = By e-mail

side-office = The disclosure office
side-applicant = The applicant

state-awaiting_confirmation = Awaits confirmation
state-open = In hand
state-awaiting_supplement = Supplement asked for
state-awaiting_payment = Fee notice sent
state-replied = Replied
state-served = Served
state-archived = Archived

lane-unconfirmed = Awaits confirmation
lane-running = In hand
lane-waiting = Waits for others
lane-replied = Replied, not archived
lane-over = Closed

event-confirmed = Receipt confirmed by both sides
event-supplement_asked = Supplement asked for
event-supplement_came = Supplement received
event-supplement_lapsed = No supplement in time; closed
event-consulted = Letter of consultation sent
event-consultation_served = Letter of consultation served
event-consultation_ended = Consultation ended
event-extended = Period extended
event-reasons_asked = Reasons asked for
event-deferred = A later day agreed on
event-fee_notified = Fee notice received
event-fee_paid = Fee paid in full
event-fee_lapsed = Fee not paid in time; closed
event-replied = Reply
event-withdrawn = Request withdrawn
event-served = Service
event-archived = Archived

happened-filed = Application filed
happened-confirmed_by-office = The disclosure office confirmed the receipt
happened-confirmed_by-applicant = The applicant confirmed
happened-called = Spoke with the applicant
happened-called-in-vain = Called the applicant in vain
happened-assigned = Assigned
happened-taken_on = Taken on
happened-given_back = Given back
happened-rated = Rated: { $stars } stars

proof-note = What happened
proof-call = Telephone log
proof-reference = Number of the receipt
proof-asked = Whom it asks
proof-supplement = The supplement
proof-reason = Reason

application-no-kind = Choose what kind of applicant you are.
application-no-name = Enter the applicant's name, or the organization's full name (Regulation, Art. 29).
application-no-organization-code = Enter the unified social credit code; where there is none, say what proves the identity (Regulation, Art. 29).
application-no-contact = Enter at least one of telephone, mail address and postal address; otherwise we cannot reach you (Regulation, Art. 29).
application-postcode = A postcode has 6 digits. Check it.
application-no-agent-name = Where there is an agent, enter the agent's name.
application-no-authorisation = Where there is an agent, describe the authorisation (date, extent).
application-no-description = Describe the information that you want: its title, its number, or what else helps to find it (Regulation, Art. 29).
application-no-receiving = Choose how you want to have the information (Regulation, Art. 29).
application-no-medium = Choose the medium (Regulation, Art. 29).
application-post-address = To have it by post, enter a postal address.
application-mail-address = To have it by e-mail, enter a mail address.
application-fax-number = To have it by fax, enter a fax number.
application-too-long = This has { $found } characters; { $max } are the most. Shorten it, or put it into an attachment.

casework-no-body = There is no such body, or it takes no applications in its own name. Choose another.
casework-body-over = This body takes no applications on { $date }. Choose another.
casework-file-unseen = The attachment “{ $name }” was not inspected and cannot be filed. Upload it again.
casework-file-refused = The attachment “{ $name }” holds what cannot be taken in (macros, viruses). Use another file, or send it by post.
casework-files-too-many = { $max } attachments are the most at a time; there are { $found }.
casework-day-to-come = { $date } has not come yet. Enter a day on which it happened.
casework-day-wrong = Write a date like 2026-11-22.
casework-needs-note = Write what happened; it is kept as evidence.
casework-needs-call = Write the telephone log: when, with whom, which number, what was said.
casework-needs-reference = Enter the number of the receipt (post, payment).
casework-needs-asked = Write whom the consultation asks.
casework-needs-supplement = Write what the applicant supplemented.
casework-needs-reason = Write the reason.
casework-proof-long = This has { $found } characters; { $max } are the most.
casework-supplement-empty = Write what you supplement, or upload an attachment.
casework-rate-after = It can be rated once it is over.
casework-rated-already = You have rated it already.
casework-stars = A rating is 1 to 5 stars.
casework-extension-own = A handler cannot approve the extension of their own case; the head of the disclosure office approves it (Regulation, Art. 33 ¶2).
casework-way-online = Applicants file online themselves. Choose another way in which it came.
casework-no-way = Choose in which way it came.
casework-not-unconfirmed = The receipt date is fixed already.
casework-changed = Somebody else has just worked on this case. Look at it as it is now, then decide. What you entered is still there.
casework-missing = Nothing was found. Check the query code and the last four signs of your contact.

receipt-mail-subject = Proof of filing of a request for government information ({ $number })
receipt-mail-text =
    Good day!
    Your request for government information to { $body } has been stored.
    Number: { $number }
    Query code: { $code }
    Filed on: { $date }
    To see how it stands you need the query code and the last four signs of a contact that you left. Keep it safe, and tell it to nobody.
    What happens next: we get in touch with you, and both sides confirm the receipt. The receipt date is the day on which both sides have confirmed; the period for the answer runs from then (Regulation on Government Information Disclosure, Arts 31 and 33). This mail only says that the request was stored; it does not confirm the receipt date.

action-requests-see = See requests (numbers masked)
action-requests-unmask = See who applied in full
action-requests-intake = Take in requests, confirmations, supplements, payments, withdrawals
action-requests-assign = Assign requests
action-requests-handle = Handle requests: notices, consultations, replies, service
action-requests-extend = Approve extensions and later days
action-requests-conclude = Close requests that lapsed, archive them
object-request = Request
