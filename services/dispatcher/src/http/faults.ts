import { DrylaneError } from '@drylane/proto/errors';
import { type Refusal, refusal } from './problem.ts';

const INTERNAL: Refusal = { code: 'internal', problems: [] };

/** What the server itself throws, by its code. Its messages may repeat what was sent, and are not passed on. */
const OF_SERVER: Readonly<Record<string, Refusal>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: refusal('too-large', 'body', 'is larger than what is taken here', 'send less'),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: refusal(
    'unsupported-media-type',
    'content-type',
    'is not one that is taken here',
    'see what /openapi.json says',
  ),
  FST_ERR_CTP_EMPTY_TYPE: refusal('bad-input', 'content-type', 'is missing', 'say what the body is'),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: refusal(
    'bad-input',
    'content-length',
    'is not the length of the body',
    'send as many bytes as it says',
  ),
  FST_ERR_BAD_URL: refusal('bad-input', 'path', 'is not one that can be read', 'encode it as a URL'),
  FST_ERR_MAX_PARAM_LENGTH: refusal('not-found', 'path', 'is too long', 'see what /openapi.json lists'),
  FST_UNDER_PRESSURE: { code: 'unavailable', problems: [] },
};

/** The refusal that stands for whatever was thrown; what is not ours is `internal`, and says nothing. */
export function refusalOf(fault: unknown): Refusal {
  if (fault instanceof DrylaneError) return { code: fault.code, problems: fault.problems };
  const code = fault instanceof Error && 'code' in fault ? String(fault.code) : '';
  return (Object.hasOwn(OF_SERVER, code) ? OF_SERVER[code] : undefined) ?? INTERNAL;
}
