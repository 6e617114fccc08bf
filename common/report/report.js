/* SPDX-License-Identifier: Apache-2.0 */
"use strict";
(function(){
function fold(t){return t.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g,"").replace(/\u00df/g,"ss").replace(/\u00ad/g,"")}
function list(d,s){return Array.prototype.slice.call(d.querySelectorAll(s))}
list(document,".doc").forEach(function(d){
var f=d.querySelector(".filter"),q=f.elements.q,s=f.elements.s,r=f.elements.r,out=f.querySelector("output");
var rows=list(d,".scroll tbody tr").map(function(tr){
var t=tr.textContent,table=tr.closest("table"),sheet=tr.closest(".sheet"),heads=table.tHead.rows[0].cells;
if(table.className==="m")list(tr,"td").forEach(function(c){if(c.firstChild)t+=" "+heads[c.cellIndex].textContent});
if(sheet)t+=" "+sheet.querySelector("h3").textContent;
return{tr:tr,text:fold(t),sheet:sheet,entries:list(tr,"td>p"),role:/\br\d/.test(tr.className),matrix:table.className==="m",graph:!!tr.closest(".graph")}});
var sheets=list(d,".sheet").map(function(e){return{e:e,text:fold(e.textContent)}});
function group(e){return!s.value||e.classList.contains("any")||!!e.querySelector("."+s.value)}
function fits(e){return group(e)&&(!r.value||e.classList.contains(r.value))}
function run(){
var words=fold(q.value).split(/\s+/),shown=0,total=0;
function found(t){return words.every(function(w){return t.indexOf(w)>=0})}
var active=!!(q.value.trim()||s.value||r.value);
rows.forEach(function(x){
if(x.graph)return;
var ok=found(x.text);
if(x.matrix){var left=0;x.entries.forEach(function(p){var k=fits(p);p.hidden=!k;left+=k});if(s.value||r.value)ok=ok&&left>0}
else if(x.role)ok=ok&&fits(x.tr);
else if(s.value)ok=ok&&(!x.tr.querySelector("b[class^=g]")||!!x.tr.querySelector(".gx,."+s.value));
x.tr.hidden=!ok;total++;shown+=ok});
sheets.forEach(function(x){
var mine=rows.filter(function(y){return y.sheet===x.e});
x.e.hidden=active&&!(mine.length?mine.some(function(y){return!y.tr.hidden})||(!s.value&&!r.value&&found(x.text)):found(x.text)&&!s.value&&!r.value)});
out.textContent=active?f.dataset.shown.replace("{0}",shown).replace("{1}",total):""}
f.hidden=false;
f.addEventListener("input",run);
f.addEventListener("reset",function(){setTimeout(run,0)});
f.addEventListener("submit",function(e){e.preventDefault()})})})();
