import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { base64FormsOf, formsOf, maskForms } from '../../../src/kit/forms.ts';
import { stdoutOf } from './support.ts';

const secret = fc.string({ unit: 'binary', minLength: 8, maxLength: 60 });

describe('a secret is found', () => {
  test('in base64, whatever stands around it', () => {
    fc.assert(
      fc.property(secret, fc.uint8Array({ maxLength: 5 }), fc.uint8Array({ maxLength: 5 }), (text, before, after) => {
        const whole = Buffer.concat([before, Buffer.from(text), after]);
        const forms = base64FormsOf(Buffer.from(text));
        for (const encoding of ['base64', 'base64url'] as const)
          expect(forms.some((form) => whole.toString(encoding).includes(form))).toBe(true);
      }),
    ); // prettier-ignore
  });

  test('in a URL, a query and JSON', () => {
    fc.assert(
      fc.property(secret, (text) => {
        const forms = formsOf(text);
        const shown = [
          text,
          JSON.stringify({ text }),
          `https://user:${encodeURIComponent(text)}@host/`,
          new URLSearchParams({ text }).toString(),
        ];
        for (const one of shown) expect(forms.some((form) => one.includes(form))).toBe(true);
      }),
    );
  });

  test('in what Docker prints as JSON', () => {
    expect(formsOf('a<b>&"c"\u2028')).toContain('a\\u003cb\\u003e\\u0026\\"c\\"\\u2028');
  });
});

test('no form is so short that it would blank out the log', () => {
  fc.assert(
    fc.property(secret, (text) => {
      for (const form of formsOf(text)) expect(form.length).toBeGreaterThanOrEqual(8);
    }),
  );
});

test('what is short is left alone, each form is masked once', async () => {
  const said = await stdoutOf(() => {
    maskForms(['seven77', ' seven77  ', 'eight888', 'eight888']);
  });
  expect(said).not.toContain('seven');
  expect(said.match(/^::add-mask::eight888$/gm)).toHaveLength(1);
});
