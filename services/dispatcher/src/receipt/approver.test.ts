import {
  chmodSync,
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Approval } from '@drylane/proto/approval';
import { digestOf } from '@drylane/proto/digest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { approvalPayload, signApproval, verifyApproval } from './approval.ts';
import {
  type ApproverKey,
  type ApproverSigner,
  approverKeys,
  makeApprover,
  openApprover,
} from './approver.ts';
import { Locked } from './locked.ts';
import { APPROVAL, fixedKey, publicOf } from './receipt.fixture.ts';
import { keySigner } from './sign.ts';

const PASSPHRASE = 'correct horse battery stäple';

let place: string;
let directory: string;
let file: string;
let ada: ApproverKey;
beforeAll(async () => {
  place = mkdtempSync(join(tmpdir(), 'drylane-approver-'));
  directory = join(place, 'keys');
  file = join(place, 'ada.key');
  ada = await makeApprover({ directory, name: 'ada', file, passphrase: PASSPHRASE });
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

describe('the key of an approver', () => {
  it('is locked in its file, for its owner alone, and its public half stands with the others', async () => {
    expect((statSync(file).mode & 0o777).toString(8)).toBe('600');
    const locked = Locked.parse(JSON.parse(readFileSync(file, 'utf8')));
    expect(locked).toMatchObject({ name: 'ada', key_id: ada.keyId });
    expect(readFileSync(file, 'utf8')).not.toContain('PRIVATE KEY');
    const keys = await approverKeys(directory);
    expect(keys.map(({ name, keyId }) => [name, keyId])).toEqual([['ada', ada.keyId]]);
    expect(await approverKeys(join(place, 'absent'))).toEqual([]);
  });

  it('opens with its passphrase, however the accents of that are typed, and with no other', async () => {
    for (const typed of [PASSPHRASE, PASSPHRASE.normalize('NFD')])
      expect(await openApprover(file, typed)).toMatchObject({ keyId: ada.keyId, name: 'ada' });
    for (const typed of ['', `${PASSPHRASE} `])
      await expect(openApprover(file, typed)).rejects.toMatchObject({
        code: 'bad-input',
        problems: [{ field: 'passphrase' }],
      });
  });

  it('does not open when anything in its file was changed', async () => {
    const locked = Locked.parse(JSON.parse(readFileSync(file, 'utf8')));
    const other = (text: string): string => (text.startsWith('A') ? 'B' : 'A') + text.slice(1);
    const changed: Record<keyof Locked, unknown> = {
      version: 2,
      name: 'eve',
      key_id: ada.keyId.replace(/^./, (digit) => (digit === '0' ? '1' : '0')),
      kdf: 'scrypt-n2-r8-p1',
      cipher: 'none',
      salt: other(locked.salt),
      nonce: other(locked.nonce),
      ciphertext: other(locked.ciphertext),
      tag: other(locked.tag),
    };
    for (const [field, value] of Object.entries(changed)) {
      const copy = join(place, `${field}.key`);
      writeFileSync(copy, JSON.stringify({ ...locked, [field]: value }), { mode: 0o600 });
      const opened = openApprover(copy, PASSPHRASE);
      await expect(opened, field).rejects.toMatchObject({ code: 'bad-input' });
    }
  });

  it('is refused while others can read its file, or when that is none of ours', async () => {
    const copy = join(place, 'copy.key');
    copyFileSync(file, copy);
    chmodSync(copy, 0o640);
    await expect(openApprover(copy, PASSPHRASE)).rejects.toMatchObject({ problems: [{ field: copy }] });
    for (const text of ['', 'x', '{}', '[]', 'null']) {
      writeFileSync(copy, text);
      chmodSync(copy, 0o600);
      await expect(openApprover(copy, PASSPHRASE)).rejects.toMatchObject({ code: 'bad-input' });
    }
    await expect(openApprover(join(place, 'absent'), 'x')).rejects.toMatchObject({ code: 'not-found' });
  });

  it('is made for a plain name and a long passphrase only', async () => {
    const made = { directory, file: join(place, 'new.key') };
    for (const name of ['', '.', '..', '../x', 'a/b', '.pub', 'Ada', 'a b', 'a\n', '-x', 'a'.repeat(65)])
      await expect(makeApprover({ ...made, name, passphrase: PASSPHRASE })).rejects.toMatchObject({
        problems: [{ field: 'approver' }],
      });
    for (const passphrase of ['', 'x'.repeat(11), '😀'.repeat(11)])
      await expect(makeApprover({ ...made, name: 'bob', passphrase })).rejects.toMatchObject({
        problems: [{ field: 'passphrase' }],
      });
    expect(readdirSync(join(directory, 'approvers'))).toEqual(['ada.pub']);
  });

  it('is never made over another', async () => {
    const [before, key] = [
      readFileSync(file, 'utf8'),
      readFileSync(join(directory, 'approvers/ada.pub'), 'utf8'),
    ];
    for (const taken of [
      { name: 'ada', file: join(place, 'second.key') },
      { name: 'bob', file },
    ])
      await expect(makeApprover({ directory, ...taken, passphrase: PASSPHRASE })).rejects.toMatchObject({
        problems: [{ message: 'is there already' }],
      });
    expect(readFileSync(file, 'utf8')).toBe(before);
    expect(readFileSync(join(directory, 'approvers/ada.pub'), 'utf8')).toBe(key);
    expect(readdirSync(join(directory, 'approvers'))).toEqual(['ada.pub']);
  });
});

describe('a signed approval', () => {
  const signerOf = (name: string, byte: number): ApproverSigner => ({ ...keySigner(fixedKey(byte)), name });
  const KEYS: readonly ApproverKey[] = [
    { ...publicOf(fixedKey(3)), name: 'ada' },
    { ...publicOf(fixedKey(4)), name: 'bob' },
  ];
  const signed = signApproval(APPROVAL, signerOf('ada', 3));

  it('is good, and names the person whose key it is', () => {
    expect(Approval.parse(signed)).toEqual(signed);
    expect(signed.approver).toEqual({ id: 'ada', proof: 'key' });
    expect(verifyApproval(signed, KEYS)).toBe('good');
  });

  const changed: Record<Exclude<keyof Approval, 'signature' | 'key_id'>, Partial<Approval>> = {
    lane: { lane: 'rehearsal' },
    decision: { decision: 'reject' },
    approver: { approver: { id: 'bob', proof: 'key' } },
    comment: { comment: null },
    time_ms: { time_ms: APPROVAL.time_ms - 1 },
    expires_ms: { expires_ms: APPROVAL.expires_ms + 1 },
    bound: { bound: digestOf('something else') },
    sticky: { sticky: digestOf('something else') },
  };

  it.each(Object.entries(changed))('is bad when its %s is another', (_, over) => {
    expect(verifyApproval({ ...signed, ...over }, KEYS)).toBe('bad-signature');
  });

  it('is bad under another key, and unknown under one of nobody', () => {
    const { signature, key_id, ...unsigned } = signed;
    expect(verifyApproval({ ...signed, key_id: KEYS[1]?.keyId }, KEYS)).toBe('bad-signature');
    expect(verifyApproval(signApproval(APPROVAL, signerOf('ada', 5)), KEYS)).toBe('unknown-key');
    expect(verifyApproval({ ...signed, signature: `${'A'.repeat(86)}==` }, KEYS)).toBe('bad-signature');
    expect(verifyApproval({ ...unsigned, key_id }, KEYS)).toBe('unsigned');
    expect(verifyApproval({ ...unsigned, signature }, KEYS)).toBe('unsigned');
  });

  it('never speaks for somebody else, so that one key cannot make a quorum', () => {
    expect(verifyApproval(signApproval(APPROVAL, signerOf('bob', 3)), KEYS)).toBe('of-another');
    const terminal: Approval = { ...signed, approver: { id: 'ada', proof: 'terminal' } };
    const bytes = keySigner(fixedKey(3)).sign(approvalPayload(terminal));
    const resigned = { ...terminal, signature: Buffer.from(bytes).toString('base64') };
    expect(verifyApproval(resigned, KEYS)).toBe('of-another');
  });

  it('is made over bytes that are no receipt and no other approval', () => {
    const text = Buffer.from(approvalPayload(signed)).toString('utf8');
    expect(text).toMatch(/^DSSEv1 40 application\/vnd\.drylane\.approval\.v1\+json \d+ \{"approver"/);
    expect(text).not.toContain('signature');
  });
});
