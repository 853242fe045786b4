//! What the objects of a PDF say beside its pages, and the files in it.

use std::collections::{BTreeSet, HashMap};

use gongkai_domain::inspection::{Hidden, RuleId, Spot};
use pdf_oxide::document::PdfDocument;
use pdf_oxide::object::{Object, ObjectRef};
use pdf_oxide::optional_content::decode_pdf_text_string;

use super::super::office::Part;
use super::super::{At, Inspector, Wanted};
use crate::text;

/// Objects within objects.
const OBJECT_DEPTH_MAX: u32 = 12;

/// Pictures smaller than this are marks: no words fit on them.
const PICTURE_WIDTH_MIN: u32 = 200;
const PICTURE_HEIGHT_MIN: u32 = 100;
/// Pictures whose sizes are told; the rest are counted.
const PICTURES_SHOWN: usize = 5;

/// What was met while going through the objects.
#[derive(Default)]
pub(super) struct Objects {
    pages: usize,
    remarks: u32,
    active: BTreeSet<String>,
    launches: bool,
    thumbnails: u32,
    /// Fonts that do not say what their signs mean.
    mute: BTreeSet<String>,
    /// Sizes of pictures on which words may stand.
    pictures: Vec<(u32, u32)>,
    /// Attachments that were opened.
    files: BTreeSet<u32>,
}

/// Whether a font gives its signs by the numbers of its own shapes, or draws them
/// itself, and has no table of what they mean (ISO 32000-2, 9.10.2).
fn is_mute(pdf: &PdfDocument, font: &HashMap<String, Object>, subtype: &str) -> bool {
    if font.contains_key("ToUnicode") {
        return false;
    }
    let resolved = |from: &HashMap<String, Object>, key: &str| {
        from.get(key)
            .and_then(|value| pdf.resolve_object(value).ok())
    };
    match subtype {
        "Type3" => true,
        "Type0" => {
            let encoding = resolved(font, "Encoding");
            let named = encoding.as_ref().and_then(Object::as_name);
            // Other encodings by name are those of a standard.
            if named.is_some_and(|name| !name.starts_with("Identity")) {
                return false;
            }
            let inner = resolved(font, "DescendantFonts")
                .and_then(|fonts| fonts.as_array().and_then(|fonts| fonts.first().cloned()))
                .and_then(|inner| pdf.resolve_object(&inner).ok());
            let order = inner
                .as_ref()
                .and_then(Object::as_dict)
                .and_then(|inner| resolved(inner, "CIDSystemInfo"));
            let order = order.as_ref().and_then(Object::as_dict);
            let order = order.and_then(|info| resolved(info, "Ordering"));
            let order = order.as_ref().and_then(Object::as_string);
            // The signs of these collections are known.
            !order.is_some_and(|order| {
                [&b"GB1"[..], b"CNS1", b"Japan1", b"Korea1", b"KR"].contains(&order)
            })
        }
        _ => false,
    }
}

impl Inspector<'_> {
    /// Everything that objects say beside the pages.
    pub(super) fn objects(&mut self, pdf: &PdfDocument, count: usize, hidden: Option<Hidden>) {
        let mut found = Objects::default();
        let info = pdf
            .trailer()
            .as_dict()
            .and_then(|trailer| trailer.get("Info"))
            .and_then(Object::as_reference);
        for id in pdf.all_object_ids() {
            if id % 256 == 0 && self.is_late() {
                return;
            }
            let Ok(object) = pdf.load_object(ObjectRef::new(id, 0)) else {
                continue;
            };
            let own = if info.is_some_and(|info| info.id == id) {
                self.properties(&object, hidden);
                Hidden::Properties
            } else {
                Hidden::Machinery
            };
            self.object(pdf, &object, own, hidden, 0, &mut found);
        }
        if found.remarks > 0 {
            let shown = found.remarks.to_string();
            self.tell(
                RuleId::HiddenContent,
                Spot::Whole,
                Some(Hidden::Comment),
                shown,
            );
        }
        if !found.active.is_empty() {
            let shown: Vec<&str> = found.active.iter().map(String::as_str).collect();
            self.tell(RuleId::Active, Spot::Whole, hidden, shown.join(", "));
        }
        if !found.pictures.is_empty() {
            let mut shown: Vec<String> = found
                .pictures
                .iter()
                .take(PICTURES_SHOWN)
                .map(|(width, height)| match (*width, *height) {
                    (u32::MAX, _) | (_, u32::MAX) => "?".to_owned(),
                    (width, height) => format!("{width}×{height}"),
                })
                .collect();
            if found.pictures.len() > PICTURES_SHOWN {
                shown.push(format!("… ({})", found.pictures.len()));
            }
            self.tell(RuleId::UnreadPicture, Spot::Whole, hidden, shown.join(", "));
        }
        if !found.mute.is_empty() {
            let shown: Vec<String> = found
                .mute
                .iter()
                .map(|name| self.shown_name(name))
                .collect();
            self.tell(RuleId::UnreadFont, Spot::Whole, hidden, shown.join(", "));
        }
        if found.thumbnails > 0 {
            let shown = found.thumbnails.to_string();
            let own = Some(Hidden::Thumbnail);
            self.tell(RuleId::HiddenContent, Spot::Whole, own, shown);
        }
        if found.launches {
            self.tell(RuleId::Remote, Spot::Whole, hidden, "Launch");
        }
        // Pages that were taken out of the document, and left in the file.
        if found.pages > count {
            let shown = (found.pages - count).to_string();
            self.tell(
                RuleId::HiddenContent,
                Spot::Whole,
                Some(Hidden::Revision),
                shown,
            );
        }
    }

    fn properties(&mut self, info: &Object, hidden: Option<Hidden>) {
        let told: BTreeSet<&str> = info
            .as_dict()
            .into_iter()
            .flatten()
            .filter(|(_, value)| value.as_string().is_some_and(|text| !text.is_empty()))
            .map(|(key, _)| key.as_str())
            .filter(|key| {
                !matches!(
                    *key,
                    "Producer" | "Creator" | "CreationDate" | "ModDate" | "Trapped" | "Title"
                )
            })
            .collect();
        if !told.is_empty() {
            let told = told.into_iter().collect::<Vec<_>>().join(", ");
            let own = hidden.or(Some(Hidden::Properties));
            let told = self.shown_name(&told);
            self.tell(RuleId::HiddenContent, Spot::Whole, own, told);
        }
    }

    pub(super) fn object(
        &mut self,
        pdf: &PdfDocument,
        object: &Object,
        own: Hidden,
        hidden: Option<Hidden>,
        depth: u32,
        found: &mut Objects,
    ) {
        if depth > OBJECT_DEPTH_MAX {
            return;
        }
        match object {
            Object::String(bytes) => self.pdf_string(bytes, own, hidden),
            Object::Array(items) => {
                for item in items {
                    self.object(pdf, item, own, hidden, depth + 1, found);
                }
            }
            Object::Dictionary(entries) => self.entries(pdf, entries, own, hidden, depth, found),
            Object::Stream { dict, data } => {
                self.entries(pdf, dict, own, hidden, depth, found);
                self.stream(object, dict, data, hidden, found);
            }
            _ => {}
        }
    }

    fn entries(
        &mut self,
        pdf: &PdfDocument,
        entries: &HashMap<String, Object>,
        own: Hidden,
        hidden: Option<Hidden>,
        depth: u32,
        found: &mut Objects,
    ) {
        let name = |key: &str| {
            entries
                .get(key)
                .and_then(Object::as_name)
                .unwrap_or_default()
        };
        let (kind, subtype, action) = (name("Type"), name("Subtype"), name("S"));
        found.pages += usize::from(kind == "Page");
        found.thumbnails += u32::from(kind == "Page" && entries.contains_key("Thumb"));
        if kind == "Font" && is_mute(pdf, entries, subtype) {
            let called = if name("BaseFont").is_empty() {
                subtype
            } else {
                name("BaseFont")
            };
            found.mute.insert(called.to_owned());
        }
        let is_remark = entries.contains_key("Rect")
            && !matches!(subtype, "Link" | "Widget" | "")
            && (entries.contains_key("Contents") || subtype == "Redact");
        found.remarks += u32::from(is_remark);
        let own = if is_remark { Hidden::Comment } else { own };
        let is_script = action == "JavaScript" || entries.contains_key("JS");
        for (holds, told) in [
            (is_script, "JavaScript"),
            (entries.contains_key("XFA"), "XFA"),
            (
                subtype == "RichMedia" || subtype == "Movie" || subtype == "Screen",
                "RichMedia",
            ),
        ] {
            if holds {
                found.active.insert(told.to_owned());
            }
        }
        found.launches |= matches!(action, "Launch" | "ImportData" | "SubmitForm" | "GoToE");
        if let Some(files) = entries.get("EF").and_then(|ef| pdf.resolve_object(ef).ok()) {
            let called = entries
                .get("UF")
                .or_else(|| entries.get("F"))
                .and_then(Object::as_string)
                .map(decode_pdf_text_string)
                .unwrap_or_default();
            let file = files
                .as_dict()
                .into_iter()
                .flatten()
                .find_map(|(_, file)| file.as_reference());
            if let Some(file) = file
                && found.files.insert(file.id)
                && let Ok(stream) = pdf.load_object(file)
                && let Ok(bytes) = stream.decode_stream_data()
            {
                self.attached(&bytes, &called, hidden);
            }
        }
        for (key, value) in entries {
            // Signatures and identifiers are bytes, not words.
            if matches!(
                key.as_str(),
                "ID" | "Cert"
                    | "ByteRange"
                    | "O"
                    | "U"
                    | "OE"
                    | "UE"
                    | "Perms"
                    | "CheckSum"
                    | "Panose"
            ) {
                continue;
            }
            if key == "Contents" && (kind == "Sig" || entries.contains_key("ByteRange")) {
                continue;
            }
            self.object(pdf, value, own, hidden, depth + 1, found);
        }
    }

    fn pdf_string(&mut self, bytes: &[u8], own: Hidden, hidden: Option<Hidden>) {
        if bytes.len() < 6 {
            return;
        }
        let text = decode_pdf_text_string(bytes);
        let wanted = if own == Hidden::Machinery {
            Wanted::Numbers
        } else {
            Wanted::All
        };
        self.scan(&text, At::Part, hidden.or(Some(own)), wanted);
        // Chinese programs write their own encoding without saying so.
        if !bytes.is_ascii() && !bytes.starts_with(b"\xfe\xff") && !bytes.starts_with(b"\xff\xfe") {
            let decoded = text::decode(bytes);
            if *decoded != *text {
                self.scan(&decoded, At::Part, hidden.or(Some(own)), wanted);
            }
        }
    }

    fn stream(
        &mut self,
        object: &Object,
        entries: &HashMap<String, Object>,
        data: &[u8],
        hidden: Option<Hidden>,
        found: &mut Objects,
    ) {
        let name = |key: &str| {
            entries
                .get(key)
                .and_then(Object::as_name)
                .unwrap_or_default()
        };
        let (kind, subtype) = (name("Type"), name("Subtype"));
        if kind == "Metadata" || subtype == "XML" {
            if let Ok(bytes) = object.decode_stream_data() {
                let packet = text::decode(&bytes);
                let own = hidden.or(Some(Hidden::Properties));
                if packet.contains("creator>") {
                    self.tell(RuleId::HiddenContent, Spot::Whole, own, "XMP");
                }
                self.office_part(&packet, "", Part::Machinery, own);
            }
        } else if kind == "EmbeddedFile" {
            if let Ok(bytes) = object.decode_stream_data() {
                self.attached(&bytes, "", hidden);
            }
        } else if subtype == "Image" {
            let side = |key: &str| {
                entries
                    .get(key)
                    .and_then(Object::as_integer)
                    .and_then(|side| u32::try_from(side).ok())
                    // What is written elsewhere may be of any size.
                    .unwrap_or(u32::MAX)
            };
            let size = (side("Width"), side("Height"));
            if size.0 >= PICTURE_WIDTH_MIN && size.1 >= PICTURE_HEIGHT_MIN {
                found.pictures.push(size);
            }
            // Photographs lie in the file as the camera wrote them.
            if data.starts_with(b"\xff\xd8") {
                self.picture(data, hidden);
            }
        }
    }

    fn attached(&mut self, bytes: &[u8], name: &str, hidden: Option<Hidden>) {
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let Some(left) = self.unpacked_left.checked_sub(length) else {
            self.tell(RuleId::Bomb, Spot::Whole, None, "");
            return;
        };
        // An attachment is met by its entry and by itself.
        if !self.is_new(bytes) {
            return;
        }
        self.unpacked_left = left;
        let shown = self.shown_name(name);
        self.tell(
            RuleId::HiddenContent,
            Spot::Whole,
            Some(Hidden::Embedded),
            shown,
        );
        if !name.is_empty() {
            self.path.push(self.shown_name(name));
            self.name(name);
            self.path.pop();
        }
        self.inner(bytes, name, hidden.or(Some(Hidden::Embedded)));
    }

    pub(super) fn attachments(&mut self, pdf: &PdfDocument, hidden: Option<Hidden>) {
        for (name, bytes) in pdf.extract_embedded_files().unwrap_or_default() {
            let name = if name.starts_with('\u{fffd}') {
                decode_pdf_text_string(name.as_bytes())
            } else {
                name
            };
            self.attached(&bytes, &name, hidden);
        }
    }
}
