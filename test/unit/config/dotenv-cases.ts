/** A dotenv text and what Compose makes of it. */
type Nasty = readonly [what: string, text: string, expected: Readonly<Record<string, string>>];

/** Each is held against our parser and against the real Compose. */
export const NASTY: readonly Nasty[] = [
  ['nothing', '', {}],
  ['plain', 'A=1\nB=two words\n', { A: '1', B: 'two words' }],
  ['no line break at the end', 'A=1', { A: '1' }],
  ['a byte order mark', '\ufeffA=1\n', { A: '1' }],
  ['CRLF', 'A=1\r\nB="2"\r\n# c\r\nC=\r\n', { A: '1', B: '2', C: '' }],
  ['CRLF within quotes', 'A="x\r\ny"\r\n', { A: 'x\r\ny' }],
  ['empty lines and comments', '\n\n  # one\n\t#two\nA=1\n#\n', { A: '1' }],
  ['spaces around', '  A  =  1  \n\tB\t=\t2\t\n', { A: '1', B: '2' }],
  ['export', 'export A=1\nexport\tB="2"\nexport   C: 3\n', { A: '1', B: '2', C: '3' }],
  ['a name that begins with export', 'exported=1\nexport=2\n', { exported: '1', export: '2' }],
  ['a colon', "A: 1\nB:2\nC: 'x: y'\n", { A: '1', B: '2', C: 'x: y' }],
  ['the last of several', 'A=1\nB=$A\nA=2\n', { A: '2', B: '1' }],
  ['a name alone', 'A\nB=1\nB\n', { B: '1' }],
  ['an equals sign in the value', 'A=x=y==\nB="="\n', { A: 'x=y==', B: '=' }],
  ['a comment behind a value', 'A=1 # c\nB="2" # c\nC=\'3\'#c\n', { A: '1', B: '2', C: '3' }],
  ['a # without a space', 'A=a#b\nB=#x\nC= #y\n', { A: 'a#b', B: '#x', C: '#y' }],
  ['a # behind a tab', 'A=1\t# c\n', { A: '1\t# c' }],
  ['a # in quotes', 'A="x # y"\nB=\'x # y\'\n', { A: 'x # y', B: 'x # y' }],
  [
    'several lines',
    'A="one\ntwo\n\nthree"\nB=\'x\n  y\'\n',
    { A: 'one\ntwo\n\nthree', B: 'x\n  y' },
  ],
  ['empty values', 'A=\nB=""\nC=\'\'\nD:\n', { A: '', B: '', C: '', D: '' }],
  ['a quote within', 'A=it\'s\nB=say "hi"\n', { A: "it's", B: 'say "hi"' }],
  ['an escaped quote', 'A="say \\"hi\\""\nB=\'it\\\'s\'\n', { A: 'say "hi"', B: "it's" }],
  ['escapes in double quotes', 'A="\\n\\t\\r\\\\\\a\\b\\f\\v"\n', { A: '\n\t\r\\\x07\b\f\v' }],
  ['escapes elsewhere', "A=x\\ny\nB='x\\ny'\n", { A: 'x\\ny', B: 'x\\ny' }],
  ['octal numbers', 'A="\\0123\\0303"\nB="\\0"\nC="\\012"\nD="\\0777\\0189"\n', { A: 'SÃ', B: '\\', C: '\\12', D: '\\777\\189' }], // prettier-ignore
  ['unknown escapes', 'A="\\c\\x41\\u0041\\q"\n', { A: '\\c\\x41\\u0041\\q' }],
  ['a variable', 'A=x\nB=$A/y\nC="${A}y"\nD=\'$A\'\n', { A: 'x', B: 'x/y', C: 'xy', D: '$A' }],
  ['a sign that is none', 'A=$5\nB="cost: $"\nC=$(id)\nD=`id`\nE=$ x\n', { A: '$5', B: 'cost: $', C: '$(id)', D: '`id`', E: '$ x' }], // prettier-ignore
  ['an escaped sign', 'A=$$x\nB="\\$x $$y"\nC=\\$$x\n', { A: '$x', B: '$x $y', C: '\\$x' }],
  ['defaults', 'E=\nA=${N:-x}\nB=${N-x}\nC=${E:-x}\nD=${E-x}\n', { E: '', A: 'x', B: 'x', C: 'x', D: '' }], // prettier-ignore
  ['alternatives', 'E=\nS=1\nA=${S:+x}\nB=${E:+x}\nC=${E+x}\nD=${N+x}\n', { E: '', S: '1', A: 'x', B: '', C: 'x', D: '' }], // prettier-ignore
  [
    'what is required and there',
    'S=1\nE=\nA=${S:?no}\nB=${E?no}\n',
    { S: '1', E: '', A: '1', B: '' },
  ],
  ['words within words', 'S=1\nA=${N:-${M:-${S}y}z}-${S}\nB=${N-{x}}\n', { S: '1', A: '1yz-1', B: '{x}' }], // prettier-ignore
  ['braces that are not closed', 'S=1\nA=${N:-{}}${S}}\n', { S: '1', A: '{}}1' }],
  ['an operator within a word', 'A=${N:-a:-b?c+d}\n', { A: 'a:-b?c+d' }],
  ['a second reference', 'S=1\nA=${N:-x}${S}${N-y}$S\n', { S: '1', A: 'x1y1' }],
  ['what stands behind quotes', 'A="1"B=2\nC=3\n', { A: '1', B: '2', C: '3' }],
  ['odd names', 'a.b=1\nA-B=2\n_=3\n1A=4\nÄ=5\nx[0]=6\n', { 'a.b': '1', 'A-B': '2', _: '3', '1A': '4', Ä: '5', 'x[0]': '6' }], // prettier-ignore
  ['unicode', 'A=Grüße ☃ 😀\nB="\u2028"\n', { A: 'Grüße ☃ 😀', B: '\u2028' }],
  ['odd spaces', 'A=\u00a0x\u00a0\nB=\u2003y\u2003\nC=z\u0085\n', { A: 'x', B: '\u2003y', C: 'z' }],
  ['leading dashes', 'A=--rm -it\n-x=1\n', { A: '--rm -it', '-x': '1' }],
  ['a long value', `A=${'x'.repeat(65_536)}\n`, { A: 'x'.repeat(65_536) }],
];

/** What Compose refuses, and the line that is to blame. */
export const BROKEN: readonly (readonly [what: string, text: string, line: number])[] = [
  ['a quote that is not closed', 'A=1\nB="hunter2\nC=3\n', 2],
  ['a single quote that is not closed', "\n# c\nB='hunter2\n", 3],
  ['a space in a name', 'A=1\nHUNTER hunter2=x\n', 2],
  ['a sign in a name', 'A="x\ny"\nhunter2+x\n', 3],
  ['a value in quotes that goes on', 'A="x" "hunter2"\n', 1],
  ['a reference that is none', 'A=1\n\nB=${hunter2 x}\n', 3],
  ['an empty reference', 'A=${}\n', 1],
  ['a reference that is not closed', 'A="${hunter2"\n', 1],
  ['what is required and not there', 'A=${N:?hunter2}\n', 1],
  ['what is required and empty', 'N=\nA=${N:?hunter2}\n', 2],
  ['what is required in a word that is not used', 'S=1\nA=${S:-${N?hunter2}}\n', 2],
];
