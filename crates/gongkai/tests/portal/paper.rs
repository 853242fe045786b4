//! The application form on paper: printed, and filled in.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn the_form_on_paper_is_one_page_and_one_can_be_filled_in() {
    let scene = scene(Engine::Sqlite).await;
    let path = format!("/guide/{}/form/docx", scene.body);
    let form = http::download(&scene.server.address, "GET", &path, "", "");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("form.docx");
    std::fs::write(&file, form).expect("written");
    let script = "import sys, zipfile, xml.etree.ElementTree as t; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; d = t.fromstring(z.read('word/document.xml')); w = '{http://schemas.openxmlformats.org/wordprocessingml/2006/main}'; print(len(list(d.iter(w + 'sdt')))); print(''.join(d.itertext()))";
    let out = std::process::Command::new("python3")
        .args(["-c", script])
        .arg(&file)
        .output();
    let out = out.expect("python3; cargo xtask test installs it");
    let text = String::from_utf8(out.stdout).expect("text");
    let (controls, text) = text.split_once('\n').expect("two lines");
    // A blank or a box for each thing that Art. 29 asks for, and no purpose.
    assert_eq!(controls, "35", "{:?}", out.stderr);
    for wanted in [
        "云溪县水务局政府信息公开申请表",
        "gk@yunxi.example",
        "内容描述",
        "不需要填写用途",
    ] {
        assert!(text.contains(wanted), "{wanted} in {text}");
    }
    let browser = Browser::open(Window::WIDE).await;
    let page = format!("{}/guide/{}/form", scene.server.address, scene.body);
    browser.go(&page).await;
    let pdf = browser.print("portal-paper").await;
    let pdf = String::from_utf8_lossy(&pdf);
    let pages = pdf.matches("/Type /Page").count() - pdf.matches("/Type /Pages").count();
    assert_eq!(pages, 1);
    browser.close().await;
    scene.installation.test.forget_jobs();
}
