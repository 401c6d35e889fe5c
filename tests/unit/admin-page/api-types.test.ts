/** The types of the admin page are those of the routes: the compiler holds them against it. */
import t from 'tap';
import type { z } from 'zod';
import type * as page from '../../../lib/admin-page/api-types.js';
import type * as keys from '../../../lib/admin-page/key-types.js';
import type { conflictsShape, versionsShape } from '../../../lib/api/admin/history-routes.js';
import type { statusShape } from '../../../lib/api/admin/cluster-routes.js';
import type { LevelsView, RingView } from '../../../lib/membership/cluster-types.js';
import type { NamespaceView } from '../../../lib/membership/namespaces.js';
import type { HintsView } from '../../../lib/hints/hints-report.js';

type Holds<Given extends Asked, Asked> = Given;
type Checked = [
  Holds<z.infer<typeof statusShape>, page.Status>,
  Holds<LevelsView, page.Levels>,
  Holds<RingView, page.RingReport>,
  Holds<HintsView, page.HintList>,
  Holds<{ readonly namespaces: readonly NamespaceView[] }, page.NamespaceList>,
  Holds<z.infer<typeof conflictsShape>, keys.KeyConflicts>,
  Holds<z.infer<typeof versionsShape>, keys.KeyVersions>,
];

t.test('each kind of answer is checked', async (t) => {
  const checked: Checked['length'] = 7;
  t.equal(checked, 7, 'each row above is a compiler error where the two differ');
});
