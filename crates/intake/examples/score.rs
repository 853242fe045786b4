use gongkai_domain::report::{tables::{self, lex::Stream}, value::*};
fn main(){
  let mut tot=0;let mut ok=0;let mut neutral=0;let mut lie=0;let mut miss=0;
  let only=std::env::args().nth(1);
  let mut fs:Vec<_>=std::fs::read_dir("/work/shared/reports").unwrap().map(|e|e.unwrap().path()).filter(|p|p.to_str().unwrap().ends_with(".gold.json")).collect(); fs.sort();
  for p in fs {
    let n=p.file_name().unwrap().to_str().unwrap()[..3].to_owned();
    if only.as_ref().is_some_and(|o|*o!=n){continue}
    let Some(f)=["pdf","html","txt"].iter().map(|e|format!("/work/shared/reports/{n}.{e}")).find(|f|std::path::Path::new(f).exists()) else {continue};
    let g:serde_json::Value=serde_json::from_str(&std::fs::read_to_string(&p).unwrap()).unwrap();
    let d=gongkai_intake::read(&std::fs::read(&f).unwrap(),&f,&gongkai_intake::Limits::default(),&|| false).unwrap(); let s=Stream::of(&d);
    let time=std::time::Instant::now();
    let r=tables::read(&s);
    let el=time.elapsed();
    let (mut o,mut ne,mut l,mut m)=(0,0,0,0);
    for (k,v) in g["gold"].as_object().into_iter().flatten(){
      if v.is_null(){ if let Some(c)=r.cells.get(k){ if let CellState::Certain(x)=&c.state { if !x.is_null(){println!("  {n} {k}: gold null, read {x:?} raw {:?}",c.raw);} } } continue}
      tot+=1;
      match r.cells.get(k).map(|c|&c.state){
        None=>{m+=1; if only.is_some(){println!("  missing {k} gold {v}");}}
        Some(CellState::Certain(x))=>{ if serde_json::to_value(x).unwrap()==*v{o+=1}else{l+=1;println!("  LIE {n} {k} gold {v} read {x:?} raw {:?}",r.cells[k].raw)}}
        Some(CellState::Uncertain(c))=>{ if c.iter().any(|x|serde_json::to_value(x).unwrap()==*v){ne+=1; if only.is_some(){println!("  unc {k} {v} {c:?}");}}else{m+=1;println!("  UNC-WRONG {n} {k} gold {v} {:?} raw {:?}",&c[..c.len().min(5)],r.cells[k].raw)}}
      }
    }
    if o+ne+l+m>0||!r.cells.is_empty(){println!("{n} ok {o} neutral {ne} lie {l} miss {m} cells {} fmt {:?} single {:?} {el:?}",r.cells.len(),r.format,r.single_other);}
    ok+=o;neutral+=ne;lie+=l;miss+=m;
  }
  println!("total {tot} ok {ok} neutral {neutral} lie {lie} miss {miss}");
}
