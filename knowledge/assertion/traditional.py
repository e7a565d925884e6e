"""Traditional characters as simplified ones, one for one, so that places in the text stay.

Only those that the words of `zh.yaml` and `frames_zh.yaml` need; 著, 云 and the like, which are
characters of both, are left alone.
"""

from __future__ import annotations

from functools import lru_cache

_PAIRS = """
與与 專专 東东 絲丝 嚴严 臨临 為为 爲为 舉举 麼么 麽么 烏乌 書书 買买 爭争 於于 亞亚 產产 親亲 僅仅
從从 優优 會会 傳传 偽伪 體体 償偿 兒儿 黨党 關关 興兴 茲兹 寫写 軍军 農农 決决 準准 減减 幾几 憑凭
則则 創创 刪删 別别 辦办 務务 動动 勞劳 協协 單单 卻却 參参 發发 變变 號号 後后 嗎吗 聽听 啟启 啓启
員员 響响 國国 堅坚 場场 聲声 處处 備备 夠够 獎奖 學学 實实 對对 尋寻 將将 塵尘 嘗尝 盡尽 屆届 屬属
豈岂 幣币 師师 應应 開开 棄弃 張张 歸归 當当 徵征 懷怀 態态 總总 懸悬 願愿 戰战 執执 擴扩 擔担 擇择
擬拟 報报 據据 損损 攜携 敵敌 數数 斷断 無无 舊旧 時时 顯显 暫暂 機机 權权 條条 來来 極极 構构 標标
檔档 夢梦 檢检 歡欢 湯汤 沒没 測测 濟济 淺浅 滿满 滅灭 點点 狀状 猶犹 獨独 獻献 現现 電电 蓋盖 盤盘
確确 礙碍 離离 稱称 稅税 穩稳 窮穷 籌筹 簽签 約约 純纯 納纳 紛纷 紙纸 紡纺 線线 組组 細细 終终 經经
結结 絕绝 繼继 續续 綽绰 編编 緣缘 縫缝 繳缴 網网 罰罚 罷罢 職职 聯联 勝胜 獲获 營营 慮虑 虛虚 裝装
見见 規规 視视 覺觉 觸触 計计 訂订 認认 議议 記记 許许 訛讹 論论 設设 證证 訴诉 試试 該该 誤误 說说
説说 請请 諾诺 誰谁 談谈 謀谋 謊谎 謂谓 謝谢 謠谣 譜谱 負负 責责 敗败 質质 購购 費费 資资 賽赛 轉转
邊边 達达 遷迁 過过 還还 進进 遠远 連连 遲迟 適适 選选 遺遗 採采 釋释 鋼钢 鉛铅 銀银 鏈链 銷销 鏽锈
錯错 錫锡 長长 門门 閉闭 問问 間间 聞闻 際际 陸陆 險险 隨随 難难 項项 須须 顧顾 預预 領领 頻频 題题
顛颠 風风 飛飞 飽饱 駁驳 駛驶 駐驻 驗验 齡龄 韓韩 薦荐 藥药 萊莱 範范 辭辞 紜纭 辯辩 劃划 裡里 裏里
個个 這这 眾众 佈布 並并 併并 製制
"""
_TABLE = {ord(pair[0]): pair[1] for pair in _PAIRS.split()}


@lru_cache(maxsize=8)  # the items of one text come one after the other
def simplified(text: str) -> str:
    """The text with these characters simplified; as long as it was."""
    return text.translate(_TABLE)
