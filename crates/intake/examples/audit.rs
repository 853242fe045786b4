use gongkai_domain::{report::{audit::*, reading::Reading}, words::*};
fn main(){ let a:Vec<String>=std::env::args().skip(1).collect(); let w=Words::of(Language::Chinese);
 let rd=|n:&str|{let f=["pdf","html","txt"].iter().map(|e|format!("/work/shared/reports/{n}.{e}")).find(|f|std::path::Path::new(f).exists()).unwrap(); Reading::of(&gongkai_intake::read(&std::fs::read(&f).unwrap(),&f,&gongkai_intake::Limits::default(),&|| false).unwrap())};
 let prev=|n:&str|match n {"010"=>Some("009"),"029"=>Some("028"),"030"=>Some("029"),"031"=>Some("030"),"032"=>Some("031"),"027"=>Some("026"),"028"=>Some("027"),_=>None};
 let mut fs:Vec<String>=std::fs::read_dir("/work/shared/reports").unwrap().map(|e|e.unwrap().file_name().into_string().unwrap()).filter(|p|p.ends_with(".gold.json")).map(|p|p[..3].to_owned()).collect(); fs.sort();
 for n in fs { if !a.is_empty()&&!a.contains(&n){continue}
  let r=rd(&n); let p=prev(&n).map(rd);
  println!("#### {n} org {:?} year {:?} fmt {:?} period {:?} pub {:?} chapters {:?}",r.organization,r.year,r.format,r.period.as_ref().map(|p|&p.text),r.published,r.headings.iter().map(|h|(h.chapter,h.ordinal)).collect::<Vec<_>>());
  if !a.is_empty(){ for c in &r.claims{println!("   claim {} {} {:?}",c.code,c.stated,c.kind);} }
  for d in audit(&r,Beside{previous:p.as_ref(),children:None}){ println!("  {:?}/{:?} {} {} [{}]",d.severity,d.status,d.code,w.render(&d.message),d.spot.sentence.map(|s|r.sentences[s].text.chars().take(50).collect::<String>()).unwrap_or_default()); }
 } }
