fn main(){
 let p=std::env::args().nth(1).unwrap();
 let b=std::fs::read(&p).unwrap();
 let t=std::time::Instant::now();
 let d=pdf_oxide::document::PdfDocument::from_bytes(b).unwrap();
 eprintln!("open {:?}",t.elapsed());
 for i in 0..d.page_count().unwrap(){
  let t=std::time::Instant::now();
  let s=d.extract_spans(i).unwrap();
  eprintln!("spans {:?} {}",t.elapsed(),s.len());
  for x in &s { println!("{i} x{:.0} y{:.0} w{:.0} h{:.0} fs{:.1} {:?}",x.bbox.x,x.bbox.y,x.bbox.width,x.bbox.height,x.font_size,x.text); }
 }
}
