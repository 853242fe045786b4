//! Style and script, named by their content, so that they may be kept for
//! ever.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use gongkai_app::paper::report::html;
use sha2::{Digest, Sha256};

/// A file that pages use.
pub struct Asset {
    /// Its name, with a digest of its content.
    pub name: String,
    media_type: &'static str,
    content: String,
}

fn asset(stem: &str, end: &str, media_type: &'static str, content: String) -> Asset {
    let digest: String = Sha256::digest(content.as_bytes())[..6]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Asset {
        name: format!("{stem}-{digest}.{end}"),
        media_type,
        content,
    }
}

/// What the dark colours are, said once; put in as chosen and as the visitor's
/// system has it.
const DARK: &str = include_str!("../../assets/style/dark.tokens");

/// The style of all pages: that of results, then that of the frame, a file for
/// each concern.
pub static STYLE: LazyLock<Asset> = LazyLock::new(|| {
    let dark = format!(
        "@media screen and (prefers-color-scheme:dark){{:root[data-theme=system]{{{DARK}}}}}\n\
         @media screen{{:root[data-theme=dark]{{{DARK}}}}}"
    );
    let content = [
        html::STYLE,
        include_str!("../../assets/style/tokens.css"),
        &dark,
        include_str!("../../assets/style/base.css"),
        include_str!("../../assets/style/frame.css"),
        include_str!("../../assets/style/forms.css"),
        include_str!("../../assets/style/tables.css"),
        include_str!("../../assets/style/parts.css"),
        include_str!("../../assets/style/portal.css"),
        include_str!("../../assets/style/print.css"),
    ]
    .join("\n");
    asset("gongkai", "css", "text/css; charset=utf-8", content)
});

/// The script that improves the pages.
pub static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    let content = include_str!("../../assets/gongkai.js").to_owned();
    asset("gongkai", "js", "text/javascript; charset=utf-8", content)
});

/// The sign of the site.
pub static ICON: LazyLock<Asset> = LazyLock::new(|| {
    let content = include_str!("../../assets/icon.svg").to_owned();
    asset("icon", "svg", "image/svg+xml", content)
});

/// `GET /assets/{name}`
pub async fn serve(Path(name): Path<String>) -> Response {
    let all = [&*STYLE, &*SCRIPT, &*ICON];
    match all.into_iter().find(|asset| asset.name == name) {
        Some(asset) => (
            [
                (header::CONTENT_TYPE, asset.media_type),
                (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
                // The name changes with the content.
                (header::ETAG, "\"named\""),
            ],
            asset.content.as_str(),
        )
            .into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
