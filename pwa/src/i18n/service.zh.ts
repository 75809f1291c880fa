// A device out of service, and the same device enrolled anew, in Chinese: what is said to whoever stands before it.

export const serviceZh = {
  'state.not_taken': '中心未收',
  'status.attention': '要处理 {count}',
  'status.revoked': '本机已停用',
  'outbox.former': '{count} 件中心没有收',
  'outbox.attention': '{count} 件要处理',
  'outbox.attentionHint': '被退回、没有生效，或两个人填得不一样。',
  'outbox.look': '去处理',

  'revoked.nav': '已停用',
  'revoked.title': '本机已停用，不能再收件',
  'revoked.note': '{time} 起，中心不再收本机的内容。请找{who}。',
  'revoked.since': '{time} 得知',
  'revoked.lead': '中心不再收本机办的内容。不要再收件、不要开凭证；急件请到别的设备办理。',
  'revoked.who': '找谁',
  'revoked.whoDefault': '本点位的点位管理员，或系统管理员',
  'revoked.person': '{role} {name}',
  'revoked.kept': '已经写下的都还在本机，一样没有丢。',
  'revoked.untaken': '中心没有收的',
  'revoked.untakenHint': '凭证已交给申请人的，请逐件告知。重新登记后，可以用原收件号重新上报。',
  'revoked.none': '没有。停用前办的，中心都收到了。',
  'revoked.photoKept': '照片在本机，没有上传',
  'revoked.drafts': '没办完的草稿 {count} 份，重新登记后可以接着办。',
  'revoked.again': '重新登记此设备',
  'revoked.againHint': '要管理员在控制台新生成的登记码。',
  'revoked.open': '查看和重新登记',
  'revoked.noReceipt': '本机已停用，不能开凭证',
  'revoked.noReceiptHint': '请在别的设备上打印，或找管理员重新登记本机。',
  'revoked.photos': '{count} 张图片在本机。本机已停用，中心不再收；重新登记后再传。',

  'anew.title': '重新登记此设备',
  'anew.lead': '请管理员在控制台生成新的登记码，10 分钟内在这里输入。本机换新的编号，草稿、照片和没有上报的内容都留着。',
  'anew.done': '已重新登记，本机现在是 {number} 号机。请用口令登录。',

  'receipt.notTaken': '中心没有收这一件',

  'former.note': '停用期间有 {count} 件中心没有收，可以重新上报。',
  'former.open': '去重新上报',
  'former.title': '停用期间没有收的',
  'former.lead': '这些是本机停用时办的，中心没有收。重新上报后由您经手，收件号和交给申请人的凭证一样。',
  'former.renew': '重新上报',
  'former.renewLabel': '重新上报：{name} {item}',
  'former.failed': '{name}：没有报成。{why}',
  'former.empty': '都已重新上报',
  'former.emptyHint': '到没到中心，看办件里的四个勾。',
  'former.step': '{act} · {author} · {time}',
  'former.unknown': '本机读不懂的内容',
} as const

export type ServiceKey = keyof typeof serviceZh
